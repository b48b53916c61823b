import { fraction, hash32 } from '../../prng.ts'
import { freshRecord } from '../../records/simulated-record.ts'
import type { RecordOrigin, SimulatedRecord } from '../../records/simulated-record.ts'

const HALF_HOUR_MS = 1_800_000
const LATEST_MS = 14 * 86_400_000

export interface OpenHouse extends SimulatedRecord {
  /** Milliseconds since 1970, a whole half hour. */
  startsAt: number
  /** Milliseconds. */
  readonly lasts: number
  /** How often its comments have changed. */
  remarked: number
}

/** One of the next two weeks, more often a near one. Of the first some go on already. */
export function generatedOpenHouse(origin: RecordOrigin): OpenHouse {
  const { seed, now, isNew } = origin
  const lasts = (2 + (hash32(seed, 1) % 5)) * HALF_HOUR_MS
  const ahead = fraction(hash32(seed, 2)) ** 2 * LATEST_MS
  return {
    ...freshRecord(origin),
    startsAt: nextHalfHour(now + ahead - (isNew ? 0 : lasts)),
    lasts,
    remarked: 0,
  }
}

export function endOf({ startsAt, lasts }: OpenHouse): number {
  return startsAt + lasts
}

function nextHalfHour(at: number): number {
  return Math.ceil(at / HALF_HOUR_MS) * HALF_HOUR_MS
}
