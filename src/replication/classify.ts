import type { DeadLetter, Upsert, UpsertReason } from '../domain/change.ts'
import { NO_SCHEMA, type Digest, type EncodedContent, type EncodeResult } from '../domain/content.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { RecordHoldKind } from '../domain/hold.ts'
import type { SourceRecord } from '../domain/source-record.ts'
import type { ContentEncoder } from './ports.ts'
import type { Withholding } from './reread/withholding.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

/** What becomes of one record (R11). Index entries lack the position where the transaction decides it. */
export type Decision =
  | { readonly outcome: 'published'; readonly change: Upsert }
  | { readonly outcome: 'unchanged'; readonly entry: IndexEntry }
  | { readonly outcome: 'dead_lettered'; readonly deadLetter: DeadLetter; readonly entry: IndexEntry }
  /** `askAgain`: older than what is known, but that was seen so long ago that the source may have gone back (R6). */
  | { readonly outcome: 'stale'; readonly askAgain: boolean }
  /** R10: not before the pass has come to its verdict. Counts as stale: it is asked for again, or held. */
  | { readonly outcome: 'withheld'; readonly because: RecordHoldKind }

export interface Sighting {
  readonly resource: ResourceDescription
  readonly record: SourceRecord
  /** The request that brought it (R6). */
  readonly request: number
  readonly observedAt: Instant
  readonly entry: IndexEntry | undefined
  /** The pass is its generation's first snapshot. */
  readonly initial: boolean
  /** The answer to a second question (R6): an older stamp is no reason any more. */
  readonly askedAgain: boolean
  /**
   * Of a republish: next offsets of the topic when it began. A record whose last event lies below is published again, though
   * it says the same. @default none is
   */
  readonly republishBelow?: readonly number[] | undefined
  /** What is not published before the verdict (R10). */
  readonly withholding: Withholding
}

export function classify(sighting: Sighting, encoder: ContentEncoder, overlap: Millis): Decision {
  const { entry } = sighting
  const staleness = entry === undefined ? 'fresh' : judgeAge(sighting, entry, overlap)
  if (staleness !== 'fresh') return { outcome: 'stale', askAgain: staleness === 'ask-again' }
  return decide(sighting, encoder)
}

/** What becomes of a record that is not stale. */
export function decide(sighting: Sighting, encoder: ContentEncoder): Decision {
  const { resource, record, observedAt, entry } = sighting
  const encoded = encoder.encode(resource, record)
  if (encoded.kind === 'unencodable') return deadLettered(sighting, encoded)
  const isSame = entry !== undefined && sameContent(sighting, entry, encoded.content.digest, encoder)
  if (isSame && !isBelow(sighting.republishBelow, entry)) {
    return { outcome: 'unchanged', entry: confirmed(sighting, entry, encoded.content) }
  }
  const because = withheldBecause(sighting, encoded.content)
  if (because !== undefined) return { outcome: 'withheld', because }
  return {
    outcome: 'published',
    change: {
      kind: 'upsert',
      key: record.key,
      reason: isSame ? 'REPUBLISHED' : upsertReason(entry, sighting.initial),
      modificationTimestamp: record.modificationTimestamp,
      observedAt,
      mlsId: record.mlsId,
      changeStamps: record.changeStamps,
      content: encoded.content,
      previousDigest: publishedDigest(entry) ?? null,
    },
  }
}

/** Whether a key has a last record in its topic, and that lies before these next offsets. */
export function isBelow(
  offsets: readonly number[] | undefined,
  { partition, offset }: Pick<IndexEntry, 'partition' | 'offset'>,
): boolean {
  return offset >= 0 && offset < (offsets?.[partition] ?? 0)
}

/** Digest of the content that the topic holds for the key; undefined if it holds none. */
export function publishedDigest(entry: IndexEntry | undefined): Digest | undefined {
  return entry?.state === 'live' ? entry.digest : entry?.publishedDigest
}

/** R10; undefined if it may be published now. How many fields were masked before has to be known: an upgrade is no mass masking. */
function withheldBecause(
  { entry, withholding }: Sighting,
  { masked = 0 }: EncodedContent,
): RecordHoldKind | undefined {
  if (withholding === 'nothing' || publishedDigest(entry) === undefined) return undefined
  if (entry?.masked !== undefined && masked > entry.masked) return 'masking'
  return withholding === 'changes' ? 'changes' : undefined
}

function judgeAge(sighting: Sighting, entry: IndexEntry, overlap: Millis): 'fresh' | 'stale' | 'ask-again' {
  if (entry.request > sighting.request) return 'stale'
  const known = entry.modificationTimestamp
  const seen = sighting.record.modificationTimestamp
  const longAgo = sighting.observedAt - entry.observedAt > overlap
  if (entry.state === 'deleted') {
    // A stamp that cannot be compared is not known to be newer.
    const newer = known !== null && seen !== null && seen > known
    return newer || longAgo ? 'fresh' : 'stale'
  }
  if (known === null || seen === null || seen >= known || sighting.askedAgain) return 'fresh'
  return longAgo ? 'ask-again' : 'stale'
}

/**
 * R5: compared under the schema that the last event was written with, so that a schema change alone is no change; nor is an
 * upgrade of this program.
 */
function sameContent(
  { resource, record }: Sighting,
  entry: IndexEntry,
  digest: string,
  encoder: ContentEncoder,
): boolean {
  const published = publishedDigest(entry)
  if (published === undefined) return false
  if (published === digest || encoder.digestUnder(resource, record, entry.schemaId) === published) return true
  return encoder.formerDigests(resource, record, entry.schemaId).includes(published)
}

/** The topic already says what the record says; a dead letter in between is over. */
function confirmed(
  { record, request, observedAt }: Sighting,
  entry: IndexEntry,
  { masked = 0 }: EncodedContent,
): IndexEntry {
  const { modificationTimestamp, changeStamps, mlsId } = record
  const { missing: _, ...known } = entry
  const seen = { masked, modificationTimestamp, changeStamps, observedAt, request }
  if (known.state === 'live') return { ...known, ...seen }
  const { publishedDigest: digest = known.digest, ...place } = known
  return { ...place, ...seen, state: 'live', digest, mlsId }
}

function upsertReason(entry: IndexEntry | undefined, initial: boolean): UpsertReason {
  if (entry === undefined || entry.offset < 0) return initial ? 'SNAPSHOT' : 'CREATED'
  return publishedDigest(entry) === undefined ? 'RESTORED' : 'UPDATED'
}

function deadLettered(
  { record, request, observedAt, entry }: Sighting,
  { reason, digest }: Extract<EncodeResult, { kind: 'unencodable' }>,
): Decision {
  const { modificationTimestamp, changeStamps, mlsId } = record
  if (entry?.state === 'dead_lettered' && entry.digest === digest) {
    const { missing: _, ...known } = entry
    return {
      outcome: 'unchanged',
      entry: { ...known, modificationTimestamp, changeStamps, mlsId, observedAt, request },
    }
  }
  const published = publishedDigest(entry)
  return {
    outcome: 'dead_lettered',
    deadLetter: {
      key: record.key,
      reason,
      body: record.broken?.bytes ?? record.body,
    },
    entry: {
      state: 'dead_lettered',
      digest,
      ...(published === undefined ? {} : { publishedDigest: published }),
      schemaId: entry?.schemaId ?? NO_SCHEMA,
      ...(entry?.masked === undefined ? {} : { masked: entry.masked }),
      modificationTimestamp,
      observedAt,
      changeStamps,
      mlsId,
      partition: entry?.partition ?? -1,
      offset: entry?.offset ?? -1,
      request,
    },
  }
}
