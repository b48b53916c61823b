/** What becomes of the records that one response brought (R11). */
import type { Instant, Millis } from '../domain/instant.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../domain/source-record.ts'
import type { BatchPart } from './batch.ts'
import { classify, publishedDigest, type Decision } from './classify.ts'
import type { PublishedRecord } from './missed.ts'
import { PartDraft, publishedSchemas } from './part-draft.ts'
import type { ContentEncoder, KeyIndex } from './ports.ts'
import { Reread } from './reread/reread.ts'
import type { Withholding } from './reread/withholding.ts'

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
  /** See `Sighting.republishBelow`. */
  readonly republishBelow?: readonly number[]
  /** See `Sighting.withholding`. */
  readonly withholding: Withholding
}

export const NO_KEYS: ReadonlySet<RecordKey> = new Set()

export interface ClassifiedPage {
  readonly part: BatchPart
  /** Records that are stale by their stamp alone (R6). */
  readonly askAgain: readonly SourceRecord[]
  readonly published: readonly PublishedRecord[]
  /** What became of each record that has a key. */
  readonly decided: ReadonlyMap<RecordKey, Decision>
  /** What the guard has to know (R10). */
  readonly reread: Reread
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
  await encoder.prepare(resource, publishedSchemas(known), signal)

  const unreadable = page.unreadable.map(({ reason, body }) => ({ key: null, reason, body }))
  const draft = new PartDraft(resource, unreadable)
  draft.repeated(page.records.length - records.size)
  const askAgain: SourceRecord[] = []
  const published: PublishedRecord[] = []
  const decided = new Map<RecordKey, Decision>()
  const reread = new Reread()
  const isGuarded = page.withholding !== 'nothing'
  for (const [i, record] of [...records.values()].entries()) {
    const { request, observedAt, askedAgain, withholding, republishBelow } = page
    const { key } = record
    const entry = known[i]
    const asked = { askedAgain, withholding, republishBelow }
    const sighting = { resource, record, request, observedAt, entry, initial, ...asked }
    const decision = classify(sighting, encoder, overlap)
    decided.set(key, decision)
    draft.take({ key, entry, decision, request, lettered: page.lettered.has(key) })
    if (decision.outcome === 'stale' && decision.askAgain) askAgain.push(record)
    const shown = { before: entry, stamp: record.modificationTimestamp }
    if (decision.outcome === 'published') published.push(shown)
    if (isGuarded && publishedDigest(entry) !== undefined) reread.take(key, decision, shown)
  }
  return { part: draft.part(), askAgain, published, decided, reread }
}
