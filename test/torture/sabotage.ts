/**
 * Preloaded into the program: makes a broken build of it, to show that the checker catches a real one. `TORTURE_SABOTAGE`
 * names what is broken.
 */
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import type { OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import type { Append, Appended, Transaction } from '../../src/kafka/transaction.ts'
import { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import type { SweepCertificate } from '../../src/domain/certificate.ts'
import type { Change, Upsert } from '../../src/domain/change.ts'
import { NO_DIGEST, type Digest } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import type { RecordPosition } from '../../src/domain/pass.ts'
import { KafkaPublisher } from '../../src/publisher/kafka-publisher.ts'
import type { TransactionPart, TransactionRequest } from '../../src/replication/ports.ts'
import type { Sabotage } from './sabotage-kind.ts'
import { wrapMethod } from './wrap-method.ts'

const kind = process.env['TORTURE_SABOTAGE'] as Sabotage | undefined
/** Every so many chances. */
const EVERY = 3
let chances = 0

// A build that does not look at its limits.
if (kind === 'lets all deletes go') process.env['PURGE_HARD_MAX'] = '1000000'
if (kind === 'publishes what is masked') process.env['MASK_MAX_RATIO'] = '1'

/** What has been published of a resource. */
interface Published {
  /** The first state of each key. */
  readonly first: Map<string, Upsert>
  /** A state, and one before it of the same key. */
  known: Upsert | undefined
  outdated: Upsert | undefined
  /** The last state of the key that came last. */
  latest: Upsert | undefined
}
const published = new Map<string, Published>()

function publishedOf({ resource }: TransactionPart): Published {
  const known = published.get(resource.name)
  if (known !== undefined) return known
  const nothing = {
    first: new Map<string, Upsert>(),
    known: undefined,
    outdated: undefined,
    latest: undefined,
  }
  published.set(resource.name, nothing)
  return nothing
}

function now(): boolean {
  chances += 1
  return chances % EVERY === 0
}

wrapMethod(KafkaPublisher.prototype, 'commit', async (commit, [request, signal]) => {
  const publishes = request.parts.some(({ changes }) => changes.length > 0)
  if (kind === 'publishes twice' && publishes && now()) await commit(request, signal)
  const receipt = await commit(broken(request), signal)
  for (const part of request.parts) remember(part)
  return { ...receipt, positions: request.parts.map((part, i) => likeAll(part, receipt.positions[i] ?? [])) }
})

/** Such a build believes that it has published everything: without a place in the topic, a purge could not even begin. */
function likeAll(
  { changes }: TransactionPart,
  positions: readonly RecordPosition[],
): readonly RecordPosition[] {
  const anywhere = positions.at(-1) ?? { partition: 0, offset: 0 }
  return changes.map((_, i) => positions[i] ?? anywhere)
}

function remember(part: TransactionPart): void {
  const of = publishedOf(part)
  for (const change of part.changes) {
    if (change.kind !== 'upsert') continue
    const before = of.first.get(change.key)
    of.known ??= change
    of.latest = change
    if (before === undefined) of.first.set(change.key, change)
    else of.outdated ??= before
  }
}

/** `change` in the same transaction, if its key has none there. */
function withChange(part: TransactionPart, change: Change | undefined): TransactionPart {
  if (change === undefined || part.changes.some(({ key }) => key === change.key)) return part
  return { ...part, changes: [...part.changes, change] }
}

/** What is broken in more than a part. */
const WHOLE: Readonly<Partial<Record<Sabotage, (request: TransactionRequest) => TransactionRequest>>> = {
  'believes a clock that is an hour ahead': withWatermark,
  'certifies what it does not have': (request) => ({
    ...request,
    certificates: (request.certificates ?? []).map(withAnotherKey),
  }),
  'completes a sweep without certificates': (request) => ({ ...request, certificates: [] }),
  'forgets what it holds': (request) => ({ ...request, holds: { written: [], ended: [] } }),
  'drops what a content reconcile finds': (request) =>
    request.progress.compare === 'content' ? withoutUpserts(request) : request,
}

function broken(request: TransactionRequest): TransactionRequest {
  const whole = kind === undefined ? undefined : WHOLE[kind]
  return whole?.(request) ?? { ...request, parts: request.parts.map(brokenPart) }
}

function withAnotherKey(certificate: SweepCertificate): SweepCertificate {
  const [first = '', ...others] = certificate.buckets
  return { ...certificate, buckets: [`${first.slice(1)}${first.slice(0, 1)}`, ...others] }
}

function withoutUpserts(request: TransactionRequest): TransactionRequest {
  const parts = request.parts.map((part) => ({
    ...part,
    changes: part.changes.filter((change) => change.kind !== 'upsert'),
  }))
  return { ...request, parts }
}

function brokenPart(part: TransactionPart): TransactionPart {
  const { changes } = part
  const { known, outdated, latest } = publishedOf(part)
  switch (kind) {
    case 'drops a change':
      return changes.length > 1 && now() ? { ...part, changes: changes.slice(0, -1) } : part
    case 'drops deletes':
      return { ...part, changes: changes.filter((change) => change.kind !== 'deletion') }
    case "publishes another listing's set":
      return withExchangedSets(part)
    case 'leaves the sets of deleted listings':
      return isSet(part) ? { ...part, changes: changes.filter((change) => change.kind !== 'deletion') } : part
    case 'publishes an old state again':
      return withChange(part, outdated === undefined ? undefined : { ...outdated, reason: 'UPDATED' })
    case 'deletes what is there':
      return withChange(part, known === undefined ? undefined : deletionOf(known))
    case 'publishes what is no change':
      return withChange(part, latest === undefined || !now() ? undefined : underAnotherDigest(latest))
    case 'files what it could publish as a dead letter':
      return withLetter(part)
    case 'believes a clock that is an hour ahead':
    case 'does not mark deletes':
    case 'drops rows':
    case 'commits half a transaction':
    case 'misplaces keys in the index':
    case 'publishes twice':
    case 'lets all deletes go':
    case 'publishes what is masked':
    case 'certifies what it does not have':
    case 'completes a sweep without certificates':
    case 'forgets what it holds':
    case 'drops what a content reconcile finds':
    case undefined:
      return part
  }
}

function isSet({ resource }: TransactionPart): boolean {
  return resource.name.startsWith('listing-')
}

/** Each has the content of the next one. */
function withExchangedSets(part: TransactionPart): TransactionPart {
  const upserts = part.changes.filter((change) => change.kind === 'upsert')
  if (!isSet(part) || upserts.length < part.changes.length) return part
  const changes = upserts.map((upsert, i) => {
    const { content } = upserts[(i + 1) % upserts.length] ?? upsert
    return { ...upsert, content }
  })
  return { ...part, changes }
}

/** As of a build that takes for content what depends on the way of asking. */
function underAnotherDigest(upsert: Upsert): Upsert {
  const { content } = upsert
  const digest = `${content.digest.slice(1)}${content.digest.slice(0, 1)}` as Digest
  return { ...upsert, reason: 'UPDATED', content: { ...content, digest } }
}

function withLetter(part: TransactionPart): TransactionPart {
  const { changes, deadLetters } = part
  const upsert = changes.find((change) => change.kind === 'upsert')
  if (upsert === undefined) return part
  const letter = { key: upsert.key, reason: 'sabotage', body: null }
  return { ...part, deadLetters: [...deadLetters, letter] }
}

function withWatermark(request: TransactionRequest): TransactionRequest {
  const { watermark } = request
  return watermark === null ? request : { ...request, watermark: instant(watermark + 3_600_000) }
}

function deletionOf(upsert: Upsert): Change {
  const { key, mlsId, changeStamps, observedAt, modificationTimestamp } = upsert
  return {
    kind: 'deletion',
    key,
    mlsId,
    changeStamps,
    previousDigest: NO_DIGEST,
    reason: 'NOT_IN_SOURCE',
    evidence: 'LIST_QUERY',
    deletedAt: observedAt,
    absentSince: observedAt,
    lastModificationTimestamp: modificationTimestamp,
    lastSeenAt: null,
    missingSince: null,
    lastFields: {},
  }
}

wrapMethod(LevelKeyIndex.prototype, 'apply', async (apply, [update]) => {
  if (kind !== 'misplaces keys in the index') return apply()
  const parts = update.parts.map((part) => {
    const moved = [...part.puts].map(([key, entry]) => [key, { ...entry, offset: entry.offset + 1 }] as const)
    return { ...part, puts: new Map(moved) }
  })
  await apply({ ...update, parts })
})

wrapMethod(TransactionalProducer.prototype, 'begin', async (begin): Promise<Transaction> => {
  const transaction = await begin()
  return {
    ...transaction,
    send: (appends, signal, sendOptions) => {
      const broken = appends.map((append) => ({
        ...append,
        records: brokenRecords(append.topic, append.records),
      }))
      return transaction
        .send(broken, signal, sendOptions)
        .then((appended) => appended.map(likeWhole(appends)))
    },
  }
})

/** The publisher asks for the offset of each record that it sent, and for none that the partition does not have. */
function likeWhole(appends: readonly Append[]): (appended: Appended, i: number) => Appended {
  return (appended, i) => {
    const missing = (appends[i]?.records.length ?? 0) - appended.offsets.length
    const more = Array.from({ length: missing }, () => appended.nextOffset - 1)
    return { ...appended, offsets: [...appended.offsets, ...more] }
  }
}

function brokenRecords(topic: string, records: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
  if (kind === 'does not mark deletes') return records.map(unmarked)
  if (kind === 'drops rows' && topic.endsWith('-rows') && records.length > 1 && now())
    return records.slice(0, -1)
  const half =
    kind === 'commits half a transaction' && topic.endsWith('.listings') && records.length > 1 && now()
  return half ? records.slice(0, -1) : records
}

function unmarked({ headers, ...record }: OutgoingRecord): OutgoingRecord {
  return { ...record, headers: headers.filter(({ name }) => name !== 'deleted') }
}
