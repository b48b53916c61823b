import { fraction, hash32, pick } from '../../prng.ts'
import { freshRecord } from '../../records/simulated-record.ts'
import type { RecordOrigin, SimulatedRecord } from '../../records/simulated-record.ts'
import { wholeSeconds } from '../../time-text.ts'
import type { PartSet } from './parts/part.ts'

const DAY_MS = 86_400_000

type ListingStatus = 'Active' | 'Pending' | 'Closed'

const PAST_STATUSES: readonly ListingStatus[] = ['Active', 'Active', 'Active', 'Pending', 'Closed']

/** One listing of the market, as the API would show it now. All times in milliseconds since 1970, whole seconds. */
export interface Listing extends SimulatedRecord {
  status: ListingStatus
  statusAt: number
  price: number
  previousPrice: number | null
  priceAt: number | null
  closePrice: number | null
  /** When its set changed last; null until there is a first photo, and never again. So of videos and documents. */
  photosAt: number | null
  videosAt: number | null
  documentsAt: number | null
  /** Of plans of both kinds. */
  plansAt: number | null
  /** What a command has changed, by the last part of its path. */
  sets: Map<string, PartSet> | undefined
}

/** A listing with a past between `createdAt` and `until`; a new one is on offer. */
export function generatedListing(origin: RecordOrigin): Listing {
  const { seed, until, isNew } = origin
  const fresh = freshRecord(origin)
  const { createdAt } = fresh
  const hash = (salt: number): number => hash32(seed, salt)
  const between = (salt: number): number =>
    wholeSeconds(createdAt + fraction(hash(salt)) ** 2 * (until - createdAt))
  const edited = between(1)
  const modifiedAt = hash(2) % 10 === 0 ? bulkEdit(edited, createdAt) : edited
  const price = 40_000 + (hash(3) % 9_600) * 100
  const status = isNew ? 'Active' : pick(PAST_STATUSES, hash(4))
  const repriced = hash(5) % 4 === 0
  return {
    ...fresh,
    modifiedAt,
    status,
    statusAt: Math.min(between(7), modifiedAt),
    price,
    previousPrice: repriced ? price + 5_000 : null,
    priceAt: repriced ? modifiedAt : null,
    closePrice: status === 'Closed' ? Math.round(price * 0.97) : null,
    // Of those without photos half had some once; so of videos and documents.
    photosAt: hash(8) % 80 === 40 ? null : Math.min(between(9), modifiedAt),
    videosAt: hash(10) % 6 === 0 ? Math.min(between(11), modifiedAt) : null,
    documentsAt: hash(12) % 3 === 0 ? Math.min(between(13), modifiedAt) : null,
    plansAt: hash(71) % 8 === 0 || hash(72) % 4 === 0 ? Math.min(between(75), modifiedAt) : null,
    sets: undefined,
  }
}

/** Bulk edits give many listings one stamp: ties are common (docs/spark-api.md §2.8). */
function bulkEdit(edited: number, createdAt: number): number {
  const monthly = edited - (edited % (30 * DAY_MS))
  return monthly >= createdAt ? monthly : edited
}
