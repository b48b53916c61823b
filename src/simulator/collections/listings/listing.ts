import type { JsonValue } from '../../../domain/json.ts'
import { fraction, hash32, pick } from '../../prng.ts'
import { wholeSeconds } from '../../time-text.ts'

const DAY_MS = 86_400_000

export type ListingStatus = 'Active' | 'Pending' | 'Closed'

/** One listing of the market, as the API would show it now. All times in milliseconds since 1970, whole seconds. */
export interface Listing {
  readonly key: string
  /** All that is generated hangs on it; a relisted house keeps it under a new key. */
  readonly seed: number
  readonly number: number
  readonly mlsId: string
  readonly createdAt: number
  modifiedAt: number
  status: ListingStatus
  statusAt: number
  price: number
  previousPrice: number | null
  priceAt: number | null
  closePrice: number | null
  photos: number
  photosAt: number | null
  videosAt: number | null
  documentsAt: number | null
  /** The API shows it. */
  visible: boolean
  /** It has been visible at some time. */
  shown: boolean
  /** The source still has it, whether the API shows it or not. */
  exists: boolean
  /** Its last change still hidden by the source's cache becomes visible then. */
  settledAt: number
  /** Values set from outside, by field id. */
  overrides: Map<string, JsonValue> | undefined
  /** Rights that differ from the field's own, by field id. */
  masks: Map<string, boolean> | undefined
}

export interface ListingOrigin {
  readonly key: string
  readonly seed: number
  readonly number: number
  readonly createdAt: number
  /** Latest possible stamp. */
  readonly until: number
  readonly mlsIds: readonly string[]
}

/** A listing with a past between `createdAt` and `until`. */
export function generatedListing(origin: ListingOrigin): Listing {
  const { seed, key, number, until } = origin
  const createdAt = wholeSeconds(origin.createdAt)
  const hash = (salt: number): number => hash32(seed, salt)
  const between = (salt: number): number =>
    wholeSeconds(createdAt + fraction(hash(salt)) ** 2 * (until - createdAt))
  const edited = between(1)
  const modifiedAt = hash(2) % 10 === 0 ? bulkEdit(edited, createdAt) : edited
  const price = 40_000 + (hash(3) % 9_600) * 100
  const status = pick<ListingStatus>(['Active', 'Active', 'Active', 'Pending', 'Closed'], hash(4))
  const repriced = hash(5) % 4 === 0
  return {
    key,
    seed,
    number,
    mlsId: pick(origin.mlsIds, hash(6)),
    createdAt,
    modifiedAt,
    status,
    statusAt: Math.min(between(7), modifiedAt),
    price,
    previousPrice: repriced ? price + 5_000 : null,
    priceAt: repriced ? modifiedAt : null,
    closePrice: status === 'Closed' ? Math.round(price * 0.97) : null,
    photos: hash(8) % 40,
    photosAt: hash(8) % 40 === 0 ? null : Math.min(between(9), modifiedAt),
    videosAt: hash(10) % 6 === 0 ? Math.min(between(11), modifiedAt) : null,
    documentsAt: hash(12) % 3 === 0 ? Math.min(between(13), modifiedAt) : null,
    visible: true,
    shown: true,
    exists: true,
    settledAt: 0,
    overrides: undefined,
    masks: undefined,
  }
}

/** Bulk edits give many listings one stamp: ties are common (docs/spark-api.md §2.8). */
function bulkEdit(edited: number, createdAt: number): number {
  const monthly = edited - (edited % (30 * DAY_MS))
  return monthly >= createdAt ? monthly : edited
}
