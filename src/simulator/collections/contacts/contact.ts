import { fraction, hash32 } from '../../prng.ts'
import { freshRecord } from '../../records/simulated-record.ts'
import type { RecordOrigin, SimulatedRecord } from '../../records/simulated-record.ts'
import { wholeSeconds } from '../../time-text.ts'

export interface Contact extends SimulatedRecord {
  /** How often its tags have changed. */
  tagged: number
  /** How often its e-mail address has changed. */
  readdressed: number
}

/** A contact with a past. */
export function generatedContact(origin: RecordOrigin): Contact {
  const { seed, until } = origin
  const fresh = freshRecord(origin)
  const edited = fresh.createdAt + fraction(hash32(seed, 1)) * (until - fresh.createdAt)
  return { ...fresh, modifiedAt: wholeSeconds(edited), tagged: 0, readdressed: 0 }
}
