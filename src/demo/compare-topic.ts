import { isSubresource, type Replicated } from '../domain/resource.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { compareRecord, type Difference } from './compare-record.ts'
import type { Members, UpsertedRecord } from './decoded-events.ts'
import { sourceFields } from './source-fields.ts'
import { collectionOf, sourceRecords } from './source-records.ts'

/** `VOLATILE_FIELDS`, left at its default. */
const VOLATILE_FIELDS = ['DaysOnMarket', 'CumulativeDaysOnMarket']

export interface TopicComparison {
  /** Records that the source shows now; of a topic with sets, the sets. */
  readonly records: number
  /** What is in the sets; 0 where the records are none. */
  readonly parts: number
  readonly differences: readonly Difference[]
}

/** Every record that the source shows now with what the topic says of it, and the other way round. */
export function compareTopic(
  simulator: Simulator,
  resource: Replicated,
  latest: ReadonlyMap<string, UpsertedRecord>,
): TopicComparison {
  const fields = sourceFields(resource, collectionOf(simulator, resource))
  const volatileFields = new Set([...VOLATILE_FIELDS, ...resource.volatileFields])
  const notAtSource = new Set(latest.keys())
  const differences: Difference[] = []
  let records = 0
  let parts = 0
  for (const source of sourceRecords(simulator, resource)) {
    const event = latest.get(source.Id)
    records += 1
    parts += partsOf(resource, source)
    notAtSource.delete(source.Id)
    if (event === undefined) {
      differences.push(whole(source.Id, resource, 'at the source, but not in the topic'))
    } else {
      const renderedAt = simulator.now()
      differences.push(...compareRecord({ resource, source, event, fields, volatileFields, renderedAt }))
    }
  }
  for (const key of notAtSource) differences.push(whole(key, resource, 'in the topic, but not at the source'))
  return { records, parts, differences }
}

function whole(key: string, { events }: Replicated, problem: string): Difference {
  return { key, field: events.content, problem }
}

function partsOf(resource: Replicated, source: Members): number {
  const parts = isSubresource(resource) ? source[resource.expansion] : undefined
  return Array.isArray(parts) ? parts.length : 0
}
