/** What becomes of the sets that were asked for (R11). */
import type { IndexEntry } from '../../domain/index-entry.ts'
import type { Instant, Millis } from '../../domain/instant.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource, Subresource } from '../../domain/resource.ts'
import type { SourceRecord } from '../../domain/source-record.ts'
import type { BatchPart } from '../batch.ts'
import { decide, type Decision, type Sighting } from '../classify.ts'
import { PartDraft, publishedSchemas } from '../part-draft.ts'
import type { ContentEncoder, KeyIndex } from '../ports.ts'
import type { DueSet } from './due-sets.ts'
import { isLive, settledAt } from './owed.ts'

/** Nothing in a set is masked by itself: it goes with its record (R10). */
const OF_SETS = { askedAgain: false, withholding: 'nothing' } as const

/** A set as it was answered. */
export interface SeenSet extends DueSet {
  readonly parts: readonly JsonValue[]
  readonly request: number
  readonly observedAt: Instant
}

export interface ClassifiedSets {
  readonly part: BatchPart
  /** Sets that were read before their stamp had settled, and when it has. */
  readonly askAgain: ReadonlyMap<RecordKey, Instant>
  readonly decided: ReadonlyMap<RecordKey, Decision>
}

export interface SetsContext {
  readonly index: Pick<KeyIndex, 'getMany'>
  readonly encoder: ContentEncoder
  readonly overlap: Millis
  /** The pass is its generation's first snapshot of the sets. */
  readonly initial: boolean
  /** See `Sighting.republishBelow`. */
  readonly republishBelow: readonly number[] | undefined
}

/** @param seen of distinct records */
export async function classifySets(
  parent: ListedResource,
  set: Subresource,
  seen: readonly SeenSet[],
  { index, encoder, overlap, initial, republishBelow }: SetsContext,
  signal: AbortSignal,
): Promise<ClassifiedSets> {
  const keys = seen.map(({ key }) => key)
  const owners = await index.getMany(parent.name, keys)
  const known = await index.getMany(set.name, keys)
  const sightings = seen.map((one, i): Sighting => {
    const { request, observedAt } = one
    const record = recordOf(set, one)
    const entry = known[i]
    return { resource: set, record, request, observedAt, entry, initial, republishBelow, ...OF_SETS }
  })
  await encoder.prepare(set, publishedSchemas(known), signal)

  const draft = new PartDraft(set)
  const askAgain = new Map<RecordKey, Instant>()
  const decided = new Map<RecordKey, Decision>()
  for (const [i, sighting] of sightings.entries()) {
    const { record, entry, request } = sighting
    const { key } = record
    const decision = classifySet(sighting, owners[i], encoder)
    decided.set(key, decision)
    const settled = settledAt(parent, set, seen[i]?.stamp ?? null, overlap)
    if (settled !== undefined && sighting.observedAt < settled) askAgain.set(key, settled)
    draft.take({ key, entry, decision, request, lettered: false })
  }
  return { part: draft.part(), askAgain, decided }
}

/** A set as a record of its own, with the key of what it is a part of. */
function recordOf(set: Subresource, { key, stamp, mlsId, parts }: SeenSet): SourceRecord {
  return {
    key,
    modificationTimestamp: null,
    mlsId,
    changeStamps: { [set.changeStamps[0].name]: stamp },
    body: { Id: key, [set.expansion]: parts },
  }
}

/** Nothing is published for a record that is not, or no longer, in the topic; nor over what a later request said (R6). */
function classifySet(sighting: Sighting, owner: IndexEntry | undefined, encoder: ContentEncoder): Decision {
  const isOutdated = sighting.entry !== undefined && sighting.entry.request > sighting.request
  if (!isLive(owner) || isOutdated) return { outcome: 'stale', askAgain: false }
  return decide(sighting, encoder)
}
