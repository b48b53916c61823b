/** What the source has of a topic, told by the simulator. */
import { z } from 'zod'

import { isSubresource, type Replicated, type Subresource } from '../domain/resource.ts'
import type { OpenCollection } from '../simulator/records/open-collection.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { Members } from './decoded-events.ts'

/** With the key of the record in `Id`. */
export type SourceRecord = Members & { readonly Id: string }

const RECORD = z.looseObject({ Id: z.string() })

/** The collection that has the records of a topic, or those whose parts it has. */
export function collectionOf(simulator: Pick<Simulator, 'collection'>, resource: Replicated): OpenCollection {
  const name = isSubresource(resource) ? resource.parent : resource.name
  const collection = simulator.collection(name)
  if (collection === undefined) throw new InvariantViolation(`The simulator has no ${name}.`)
  return collection
}

/** Keys of the records that belong into the topic now: of sets, those of which the source says when they changed. */
export function* presentKeys(simulator: Simulator, resource: Replicated): Generator<string, void, undefined> {
  const collection = collectionOf(simulator, resource)
  const stamp = isSubresource(resource) ? resource.changeStamps[0].field : undefined
  for (const [key, value] of collection.shownValues(stamp ?? resource.keyField)) {
    if (stamp === undefined || value !== null) yield key
  }
}

/** As the API serves them; a set as the record that it is published as. */
export function* sourceRecords(
  simulator: Simulator,
  resource: Replicated,
): Generator<SourceRecord, void, undefined> {
  if (isSubresource(resource)) yield* sourceSets(simulator, resource)
  else {
    const lines = collectionOf(simulator, resource).truthLines(new Set())
    for (const line of lines) yield RECORD.parse(JSON.parse(line))
  }
}

function* sourceSets(simulator: Simulator, set: Subresource): Generator<SourceRecord, void, undefined> {
  const present = new Set(presentKeys(simulator, set))
  for (const [key, rows] of collectionOf(simulator, set).sublistTruth(set.part) ?? []) {
    if (present.has(key)) yield { Id: key, [set.expansion]: rows.map(withoutUri) }
  }
}

/** A list writes it in another way than the part's own service (docs/spark-api.md §4.5): it is no content. */
function withoutUri(part: Members): Members {
  return Object.fromEntries(Object.entries(part).filter(([name]) => name !== 'ResourceUri'))
}
