import type { PassId } from '../domain/pass.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import { parseResourceName, type ResourceName } from '../domain/resource.ts'
import type { LedgerSet } from '../replication/ports.ts'
import type { KeyRange } from './level-store.ts'

// entry/<resource>/<key>          what is known of a key
// ledger/<pass>/<set>/<key>       a mark of a pass
// ledger/<pass>/<set>/!<key>      several of them; the last one's key
// meta/state, meta/sums/<resource>

export const STATE_KEY = 'meta/state'

export function sumsKey(resource: ResourceName): string {
  return `meta/sums/${resource}`
}

export const ALL_ENTRIES: KeyRange = range('entry')

export function entryPrefix(resource: ResourceName): string {
  return `entry/${resource}/`
}

export function entryRange(resource: ResourceName): KeyRange {
  return range(`entry/${resource}`)
}

/** Undefined for what is under no resource. */
export function entryResource(storeKey: string): ResourceName | undefined {
  return parseResourceName(storeKey.split('/', 2)[1] ?? '')
}

/** Where the marks of a set lie: those that are several together come first, since no key begins as they do. */
export interface LedgerPlace {
  readonly prefix: string
  readonly runs: KeyRange
  readonly marks: KeyRange
}

export function ledgerPlace(pass: PassId, set: LedgerSet): LedgerPlace {
  const { start, end } = ledgerRange(pass, set)
  // '"' is the character after '!'.
  return { prefix: start, runs: { start, end: `${start}"` }, marks: { start: `${start}"`, end } }
}

/** @param last key of the run; or any key, and every run that does not end before it comes from there on */
export function runKey(prefix: string, last: string): string {
  return `${prefix}!${last}`
}

export function ledgerRange(pass: PassId, set?: LedgerSet): KeyRange {
  return range(set === undefined ? ledgerPath(pass) : `${ledgerPath(pass)}/${set}`)
}

/** All ledgers but those of these passes, in pieces. */
export function ledgersBesides(passes: readonly PassId[]): readonly KeyRange[] {
  const all = range('ledger')
  const kept = passes.map((pass) => ledgerRange(pass)).toSorted((a, b) => (a.start < b.start ? -1 : 1))
  const starts = [all.start, ...kept.map(({ end }) => end)]
  const ends = [...kept.map(({ start }) => start), all.end]
  return starts.map((start, i) => ({ start, end: ends[i] ?? all.end }))
}

/** All marks of all passes. */
export const ALL_LEDGERS: KeyRange = range('ledger')

/** The record key that follows the prefix; undefined if none does. */
export function recordKeyOf(storeKey: string, prefix: string): RecordKey | undefined {
  return storeKey.startsWith(prefix) ? parseRecordKey(storeKey.slice(prefix.length)) : undefined
}

// Escaped, so that no pass id can reach into another's marks.
function ledgerPath(pass: PassId): string {
  return `ledger/${encodeURIComponent(pass)}`
}

// '0' is the character after '/'.
function range(path: string): KeyRange {
  return { start: `${path}/`, end: `${path}0` }
}
