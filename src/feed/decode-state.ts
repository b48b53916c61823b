import { z } from 'zod'

import type { HeldChunk } from '../domain/hold.ts'
import type { FeedNotification } from '../domain/notification.ts'
import { MISSED_REASONS, NO_REREAD, PURGE_COMPARES, type MissedCounts } from '../domain/pass.ts'
import { SWEEP_DOUBTS } from '../domain/sweep-doubt.ts'
import { readAvro } from '../events/decode-value.ts'
import { EventError } from '../events/event-error.ts'
import { HELD_KEYS } from './held-keys.ts'
import { INSTANT, lowerCase, OFFSET_LIST, PASS, PASS_ID, RESOURCE } from './state-fields.ts'
import type {
  CertificateRecord,
  Checkpoint,
  MarkerRecord,
  Owner,
  PausesRecord,
  RowMarks,
  RowTopicsState,
  Truncation,
  Watermark,
} from './state-records.ts'
import { unframe } from '../events/wire-format.ts'
import { BUCKETS } from '../support/set-digest.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'

/** A record of the topics `checkpoints`, `control` and `holds`. */
export type StateRecord =
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'row-topics'; readonly rowTopics: RowTopicsState }
  | { readonly kind: 'watermark'; readonly watermark: Watermark }
  | { readonly kind: 'owner'; readonly owner: Owner }
  | { readonly kind: 'pauses'; readonly pauses: PausesRecord }
  | { readonly kind: 'truncation'; readonly truncation: Truncation }
  | { readonly kind: 'marker'; readonly marker: MarkerRecord }
  | { readonly kind: 'held-keys'; readonly chunk: HeldChunk }
  | { readonly kind: 'certificate'; readonly certificate: CertificateRecord }
  | { readonly kind: 'notification'; readonly notification: FeedNotification }

/**
 * Reads a record of the publisher's own topics. Undefined for a kind of record that this version does not know.
 *
 * @throws {EventError} EVENT_UNREADABLE if it lacks what this version needs; errors of the registry client.
 */
export async function decodeState(
  bytes: Uint8Array,
  schemas: WriterSchemas,
  signal: AbortSignal,
): Promise<StateRecord | undefined> {
  const { schemaId, avro } = unframe(bytes)
  const { name, type } = await schemas.get(schemaId, signal)
  const value = readAvro(type, avro, name)
  switch (name) {
    case 'Checkpoint':
      return { kind: 'checkpoint', checkpoint: parse(CHECKPOINT, value, name) }
    case 'RowTopics':
      return { kind: 'row-topics', rowTopics: parse(ROW_TOPICS, value, name) }
    case 'Watermark':
      return { kind: 'watermark', watermark: parse(WATERMARK, value, name) }
    case 'Owner':
      return { kind: 'owner', owner: parse(OWNER, value, name) }
    case 'Pauses':
      return { kind: 'pauses', pauses: parse(PAUSES, value, name) }
    case 'Truncation':
      return { kind: 'truncation', truncation: parse(TRUNCATION, value, name) }
    case 'PassMarker':
      return { kind: 'marker', marker: parse(MARKER, value, name) }
    case 'HeldKeys':
      return { kind: 'held-keys', chunk: parse(HELD_KEYS, value, name) }
    case 'SweepCertificate':
      return { kind: 'certificate', certificate: parse(CERTIFICATE, value, name) }
    case 'FeedNotification': {
      // One of a newer version, of a kind that this one does not know, is nothing that a feed needs.
      const { data: notification } = NOTIFICATION.safeParse(value)
      return notification && { kind: 'notification', notification }
    }
    default:
      return undefined
  }
}

const OFFSETS = z.record(z.string(), OFFSET_LIST)
const SOURCE = z.object({ host: z.string(), userId: z.string(), mlsId: z.string() })
const ROW_MARKS = z
  .record(
    z.string(),
    z.object({ swept: OFFSET_LIST, sweepEnds: OFFSET_LIST, filled: OFFSET_LIST, ends: OFFSET_LIST }),
  )
  .default({})
  .transform((marks): RowMarks => new Map(Object.entries(marks)))
const STAMP = { generation: z.number(), instanceId: z.string(), seq: z.number() }
const COUNTS = z.object({
  published: z.number(),
  unchanged: z.number(),
  stale: z.number(),
  dead_lettered: z.number(),
})
const DELETES = z.object({
  emitted: z.number(),
  held: z.number(),
  refuted: z.number(),
  inconclusive: z.number(),
  // Null in what was written by versions that did not know it.
  unconfirmed: z.number().default(0),
})

/** Null in checkpoints of versions that did not know it. */
const FLAG = z.boolean().nullable().default(false).transform(Boolean)

/** 0 in checkpoints of versions that did not count it. */
const COUNT = z.number().nullable().default(0).transform(Number)

const SLICE = z.object({
  after: INSTANT,
  until: INSTANT.nullable(),
  walkedBefore: z.number(),
  knownBefore: COUNT,
})
const REREAD = z.object({ known: COUNT, masked: COUNT, changed: COUNT, held: COUNT }).default(NO_REREAD)

const PROGRESS = z.object({
  resource: RESOURCE,
  pass: PASS,
  passId: PASS_ID,
  state: lowerCase(['running', 'completed', 'held', 'rejected', 'failed']),
  initial: z.boolean(),
  startedAt: INSTANT,
  filter: z.string(),
  token: z.string().nullable(),
  walkEnded: z.boolean(),
  page: z.number(),
  walked: z.number(),
  walkedInRange: z.number(),
  counts: COUNTS,
  deletes: DELETES,
  reread: REREAD,
  sweepOffsets: z.array(z.number()),
  window: SLICE.nullable().default(null),
  owedSeconds: z.array(INSTANT).default([]),
  scope: z.string().nullable().default(null),
  rescoped: FLAG,
  compare: z.enum(PURGE_COMPARES).nullable().default(null),
  reconciledAt: INSTANT.nullable().default(null),
  overlap: z.number().nullable().default(null),
  missed: z.record(z.string(), z.number()).default({}).transform(missedIn),
  resumed: FLAG,
  decidesOn: PASS_ID.nullable().default(null),
  // A newer version may know more of them.
  sweepDoubt: z.enum(SWEEP_DOUBTS).nullable().default(null).catch(null),
})

const CHECKPOINT = z
  .object({
    ...STAMP,
    ...PROGRESS.shape,
    nextOffsets: OFFSETS,
    startOffsets: OFFSETS.default({}),
    rows: ROW_MARKS,
    source: SOURCE,
    completedAt: INSTANT.nullable().default(null),
  })
  .transform(
    ({
      generation,
      instanceId,
      seq,
      nextOffsets,
      startOffsets,
      rows,
      source,
      completedAt,
      ...progress
    }): Checkpoint => {
      return {
        generation,
        instanceId,
        seq,
        progress,
        nextOffsets,
        startOffsets,
        rows,
        source,
        completedAt,
      }
    },
  )

const ROW_TOPICS: z.ZodType<RowTopicsState> = z.object({
  ...STAMP,
  nextOffsets: OFFSETS,
  startOffsets: OFFSETS,
  rows: ROW_MARKS,
  source: SOURCE,
})

const WATERMARK: z.ZodType<Watermark> = z.object({
  ...STAMP,
  resource: RESOURCE,
  watermark: INSTANT,
  passId: PASS_ID,
})

const OWNER: z.ZodType<Owner> = z.object({
  instanceId: z.string(),
  host: z.string(),
  pid: z.number(),
  dataDir: z.string(),
  startedAt: INSTANT,
  aliveAt: INSTANT,
  version: z.string(),
  generation: z.number(),
  seq: z.number(),
  source: SOURCE.nullable(),
  clusterId: z.string(),
})

const PAUSES: z.ZodType<PausesRecord> = z.object({
  ...STAMP,
  pauses: z.array(z.object({ resource: RESOURCE.nullable(), since: INSTANT, until: INSTANT.nullable() })),
})

const TRUNCATION: z.ZodType<Truncation> = z.object({
  topic: z.string(),
  partition: z.number(),
  detail: z.string(),
  generation: z.number(),
  instanceId: z.string(),
})

const MARKER = z
  .object({
    event: lowerCase(['started', 'completed', 'held', 'rejected', 'failed', 'watermark_set']),
    resource: RESOURCE,
    pass: PASS,
    passId: PASS_ID,
    startedAt: INSTANT,
    initial: z.boolean(),
    walked: z.number(),
    counts: COUNTS,
    deletes: DELETES,
    detail: z.string().nullable(),
    reason: z.string().nullable().default(null),
    resumed: FLAG,
    generation: z.number(),
    at: INSTANT,
    endOffsets: OFFSETS,
  })
  .transform(({ endOffsets, ...marker }): MarkerRecord => ({ ...marker, nextOffsets: endOffsets }))

const NOTIFIED_OF = { resource: RESOURCE.nullable(), pass: PASS.nullable() }
const NOTIFICATION: z.ZodType<FeedNotification> = z.object({
  id: z.string(),
  kind: lowerCase(['held', 'degraded', 'failed', 'recovered']),
  ...NOTIFIED_OF,
  code: z.string().nullable(),
  message: z.string(),
  at: INSTANT,
  recovers: z
    .object({ id: z.string().nullable(), kind: lowerCase(['held', 'degraded', 'failed']), ...NOTIFIED_OF })
    .nullable()
    .default(null),
})

/** Without the reasons of a newer version. */
function missedIn(counts: Readonly<Record<string, number>>): MissedCounts {
  const known = MISSED_REASONS.flatMap((reason) => {
    const count = counts[reason]
    return count === undefined ? [] : [[reason, count] as const]
  })
  return Object.fromEntries(known)
}

const SHA_256 = z.string().regex(/^[0-9a-f]{64}$/)
const CERTIFICATE: z.ZodType<CertificateRecord> = z.object({
  resource: RESOURCE,
  topic: z.string(),
  passId: PASS_ID,
  generation: z.number(),
  at: INSTANT,
  endOffsets: OFFSET_LIST,
  keys: z.number(),
  buckets: z.array(SHA_256).length(BUCKETS),
  root: SHA_256,
})

function parse<T>(type: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = type.safeParse(value)
  if (parsed.success) return parsed.data
  throw new EventError(
    `A ${name} lacks what this version needs (${z.prettifyError(parsed.error).replaceAll('\n', ' ')}). A newer version of listingstream may have written it: run that one.`,
  )
}
