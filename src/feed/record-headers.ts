/**
 * Headers of every keyed record, tombstones too (docs/operations.md, "Topics"): what recovery reads instead of the value, and
 * CloudEvents 1.0 in binary mode (its Kafka protocol binding, section 3.2).
 */
import { hash } from 'node:crypto'

import type { Change } from '../domain/change.ts'
import { NO_DIGEST, parseDigest, type Digest } from '../domain/content.ts'
import { formatInstant, instant, type Instant } from '../domain/instant.ts'
import type { PassId } from '../domain/pass.ts'
import type { ChangeStamps, ResourceDescription } from '../domain/resource.ts'
import { HEADERS } from '../events/header-names.ts'
import { NAMESPACE } from '../events/registry/subject-name.ts'

export type RecordHeaders = Readonly<Record<string, string>>

/** What a deletion leaves in the topic: its event, then the tombstone that lets compaction forget the key (R13). */
export type RecordRole = 'event' | 'tombstone'

export interface HeaderContext {
  readonly prefix: string
  readonly resource: ResourceDescription
  readonly passId: PassId
  /** Of the transaction; a transaction that is repeated because nothing of it became visible has the same. */
  readonly seq: number
}

export function headersOf(change: Change, role: RecordRole, context: HeaderContext): RecordHeaders {
  const { prefix, resource } = context
  const upsert = change.kind === 'upsert'
  const modified = upsert ? change.modificationTimestamp : change.lastModificationTimestamp
  const observedAt = upsert ? change.observedAt : change.absentSince
  const at = upsert ? change.observedAt : change.deletedAt
  const digest = upsert ? change.content.digest : NO_DIGEST
  const type = upsert ? resource.events.upserted : resource.events.deleted
  return {
    [HEADERS.digest]: digest,
    [HEADERS.modificationTimestamp]: modified === null ? '' : String(modified),
    [HEADERS.observedAt]: String(observedAt),
    [HEADERS.changeStamps]: formatStamps(change.changeStamps, resource),
    [HEADERS.mlsId]: change.mlsId ?? '',
    [HEADERS.specVersion]: '1.0',
    [HEADERS.id]: eventId(change, `${digest}${role}`, context),
    [HEADERS.type]: `${NAMESPACE}.${type}`,
    [HEADERS.source]: `/listingstream/${prefix}`,
    [HEADERS.subject]: change.key,
    [HEADERS.time]: formatInstant(at),
    [HEADERS.contentType]: 'application/avro',
    ...(isDeleteEvent(change, role) ? { [HEADERS.deleted]: 'true' } : {}),
  }
}

/** Stock tools tell records apart by which headers they have: a sink drops these values, and lets the tombstone delete. */
function isDeleteEvent({ kind }: Change, role: RecordRole): boolean {
  return kind === 'deletion' && role === 'event'
}

/** What the headers tell of a key's last record. */
export interface HeaderFacts {
  readonly digest: Digest
  readonly modificationTimestamp: Instant | null
  readonly observedAt: Instant
  readonly changeStamps: ChangeStamps
  readonly mlsId: string | null
  readonly deleted: boolean
}

/** Undefined if the headers are not those that `headersOf` writes. */
export function parseHeaders(
  headers: ReadonlyMap<string, string>,
  resource: ResourceDescription,
): HeaderFacts | undefined {
  const digest = parseDigest(headers.get(HEADERS.digest) ?? '')
  const modified = parseMillis(headers.get(HEADERS.modificationTimestamp))
  const observedAt = parseMillis(headers.get(HEADERS.observedAt))
  const stamps = parseStamps(headers.get(HEADERS.changeStamps), resource)
  const mlsId = headers.get(HEADERS.mlsId)
  if (digest === undefined || modified === undefined || mlsId === undefined) return undefined
  if (observedAt === undefined || observedAt === null || stamps === undefined) return undefined
  return {
    digest,
    modificationTimestamp: modified,
    observedAt,
    changeStamps: stamps,
    mlsId: mlsId === '' ? null : mlsId,
    deleted: headers.get(HEADERS.type) === `${NAMESPACE}.${resource.events.deleted}`,
  }
}

/**
 * The same change of the same transaction has the same id, however often it is sent; content that comes back in a later
 * page of one pass has another, so that who drops ids seen before does not stay at what was between.
 */
function eventId({ key, previousDigest }: Change, next: string, context: HeaderContext): string {
  const { prefix, resource, passId, seq } = context
  const parts = [`${prefix}.${resource.name}`, key, previousDigest ?? '', next, passId, seq]
  return hash('sha256', parts.join('\0'), 'hex').slice(0, 32)
}

function formatStamps(stamps: ChangeStamps, resource: ResourceDescription): string {
  return resource.changeStamps.map(({ name }) => stamps[name] ?? '').join(',')
}

function parseStamps(text: string | undefined, resource: ResourceDescription): ChangeStamps | undefined {
  if (text === undefined) return undefined
  const values = text.split(',').map(parseMillis)
  const names = resource.changeStamps.map(({ name }) => name)
  if (values.includes(undefined)) return undefined
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]))
}

/** Null for the empty text, undefined for what is no number of milliseconds. */
function parseMillis(text: string | undefined): Instant | null | undefined {
  if (text === undefined) return undefined
  if (text === '') return null
  return /^-?\d{1,16}$/.test(text) ? instant(Number(text)) : undefined
}
