/** What becomes of the records that one response brought (R11). */
import type { Change, DeadLetter, Upsert } from '../domain/change.ts'
import type { SchemaId } from '../domain/content.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import { NO_OUTCOMES } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import type { BatchPart } from './batch.ts'
import { classify, publishedDigest, type Decision } from './classify.ts'
import type { ContentEncoder, KeyIndex } from './ports.ts'

/** Records that one response brought. */
export interface Sightings {
  readonly records: readonly SourceRecord[]
  readonly unreadable: readonly UnreadableRecord[]
  readonly request: number
  readonly observedAt: Instant
  /** See `Sighting.askedAgain`. */
  readonly askedAgain: boolean
  /** Keys that have a dead letter, whatever the index says: one that was rebuilt does not know of them. */
  readonly lettered: ReadonlySet<RecordKey>
}

export const NO_KEYS: ReadonlySet<RecordKey> = new Set()

export interface ClassifiedPage {
  readonly part: BatchPart
  /** Records that are stale by their stamp alone (R6). */
  readonly askAgain: readonly SourceRecord[]
}

export interface PageContext {
  readonly index: Pick<KeyIndex, 'getMany'>
  readonly encoder: ContentEncoder
  readonly overlap: Millis
  /** The pass is its generation's first snapshot. */
  readonly initial: boolean
}

export async function classifyPage(
  resource: ResourceDescription,
  page: Sightings,
  { index, encoder, overlap, initial }: PageContext,
  signal: AbortSignal,
): Promise<ClassifiedPage> {
  // R6: a key twice on a page, the last row counts.
  const records = new Map(page.records.map((record) => [record.key, record]))
  const known = await index.getMany(resource.name, [...records.keys()])
  await encoder.prepare(resource, records.values(), publishedSchemas(known), signal)

  const changes: Change[] = []
  const deadLetters: DeadLetter[] = page.unreadable.map(({ reason, body }) => ({ key: null, reason, body }))
  const entries = new Map<RecordKey, IndexEntry>()
  const askAgain: SourceRecord[] = []
  const settledLetters: RecordKey[] = []
  const repeated = page.records.length - records.size
  const counts = { ...NO_OUTCOMES, stale: repeated, dead_lettered: deadLetters.length }

  for (const [i, record] of [...records.values()].entries()) {
    const { request, observedAt, askedAgain } = page
    const entry = known[i]
    const sighting = { resource, record, request, observedAt, entry, initial, askedAgain }
    const decision = classify(sighting, encoder, overlap)
    counts[decision.outcome] += 1
    const lettered = entry?.state === 'dead_lettered' || page.lettered.has(record.key)
    if (lettered && isPublished(decision)) settledLetters.push(record.key)
    switch (decision.outcome) {
      case 'published':
        changes.push(decision.change)
        entries.set(record.key, publishedEntry(decision.change, request))
        break
      case 'unchanged':
        entries.set(record.key, decision.entry)
        break
      case 'dead_lettered':
        deadLetters.push(decision.deadLetter)
        entries.set(record.key, decision.entry)
        break
      case 'stale':
        if (decision.askAgain) askAgain.push(record)
        break
    }
  }
  return { part: { resource, changes, deadLetters, settledLetters, entries, counts }, askAgain }
}

function publishedSchemas(known: readonly (IndexEntry | undefined)[]): ReadonlySet<SchemaId> {
  const published = known.filter((entry) => entry !== undefined && publishedDigest(entry) !== undefined)
  return new Set(published.flatMap((entry) => entry?.schemaId ?? []))
}

/** Whether the topic says what the record says, now or already. */
function isPublished(decision: Decision): boolean {
  if (decision.outcome === 'unchanged') return decision.entry.state === 'live'
  return decision.outcome === 'published'
}

function publishedEntry(change: Upsert, request: number): IndexEntry {
  return {
    state: 'live',
    digest: change.content.digest,
    schemaId: change.content.schemaId,
    modificationTimestamp: change.modificationTimestamp,
    observedAt: change.observedAt,
    changeStamps: change.changeStamps,
    mlsId: change.mlsId,
    partition: -1,
    offset: -1,
    request,
  }
}
