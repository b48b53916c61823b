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

interface RecordHeader {
  readonly name: string
  readonly value: string
}

/** In the order in which they are written. */
export type RecordHeaders = readonly RecordHeader[]

/** What a deletion leaves in the topic: its event, then the tombstone that lets compaction forget the key (R13). */
type RecordRole = 'event' | 'tombstone'

export interface HeaderContext {
  readonly prefix: string
  readonly resource: ResourceDescription
  readonly passId: PassId
  /** Of the transaction; a transaction that is repeated because nothing of it became visible has the same. */
  readonly seq: number
}

/** What makes the headers of one change. */
export type HeadersOf = (change: Change, role: RecordRole) => RecordHeaders

/** For the records of one resource in one transaction, which share what is the same for all of them. */
export function headersIn(context: HeaderContext): HeadersOf {
  const { prefix, resource } = context
  const specVersion = header(HEADERS.specVersion, '1.0')
  const upserted = header(HEADERS.type, `${NAMESPACE}.${resource.events.upserted}`)
  const deleted = header(HEADERS.type, `${NAMESPACE}.${resource.events.deleted}`)
  const source = header(HEADERS.source, `/listingstream/${prefix}`)
  const contentType = header(HEADERS.contentType, 'application/avro')
  // Records of a page were mostly observed at the same time.
  const observed = sameWhileSame((at: Instant) => header(HEADERS.observedAt, String(at)))
  const time = sameWhileSame((at: Instant) => header(HEADERS.time, formatInstant(at)))
  const mls = sameWhileSame((id: string) => header(HEADERS.mlsId, id))
  const masked = sameWhileSame((count: number) => header(HEADERS.maskedFields, String(count)))
  return (change, role) => {
    const upsert = change.kind === 'upsert'
    const modified = upsert ? change.modificationTimestamp : change.lastModificationTimestamp
    const digest = upsert ? change.content.digest : NO_DIGEST
    const headers = [
      header(HEADERS.digest, digest),
      header(HEADERS.modificationTimestamp, modified === null ? '' : String(modified)),
      observed(upsert ? change.observedAt : change.absentSince),
      header(HEADERS.changeStamps, formatStamps(change.changeStamps, resource)),
      mls(change.mlsId ?? ''),
      masked(upsert ? (change.content.masked ?? 0) : 0),
      specVersion,
      header(HEADERS.id, eventId(change, `${digest}${role}`, context)),
      upsert ? upserted : deleted,
      source,
      header(HEADERS.subject, change.key),
      time(upsert ? change.observedAt : change.deletedAt),
      contentType,
    ]
    if (isDeleteEvent(change, role)) headers.push(DELETED)
    return headers
  }
}

const DELETED = header(HEADERS.deleted, 'true')

function header(name: string, value: string): RecordHeader {
  return { name, value }
}

/** Makes anew only what differs from the last time. */
function sameWhileSame<K, T>(make: (of: K) => T): (of: K) => T {
  let last: { readonly of: K; readonly made: T } | undefined
  return (of) => {
    if (last?.of !== of) last = { of, made: make(of) }
    return last.made
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
  /** How many fields of the content are masked; undefined: an earlier version wrote it. */
  readonly masked: number | undefined
  readonly deleted: boolean
}

/** Undefined if the headers are not those that `headersIn` makes. */
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
    masked: parseCount(headers.get(HEADERS.maskedFields)),
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

/** Undefined for what is no count. */
function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** Null for the empty text, undefined for what is no number of milliseconds. */
function parseMillis(text: string | undefined): Instant | null | undefined {
  if (text === undefined) return undefined
  if (text === '') return null
  return /^-?\d{1,16}$/.test(text) ? instant(Number(text)) : undefined
}
