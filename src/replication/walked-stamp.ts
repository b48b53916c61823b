/** The timestamp of a walked key, as the ledger's note: its milliseconds in digits, nothing if there is none. */
import { instant, type Instant } from '../domain/instant.ts'
import { LedgerDamagedError } from './pass-errors.ts'

const MOST_SECONDS = 2 ** 31

/** So many digits are exact, and an instant. */
const MOST_DIGITS = 15

/** Nearly all stamps are of whole seconds, and the text of a number of 32 bits is sooner made. */
export function formatStamp(stamp: Instant | null): string {
  if (stamp === null) return ''
  const seconds = stamp / 1000
  const isSmall = Number.isInteger(seconds) && seconds > 0 && seconds < MOST_SECONDS
  return isSmall ? `${seconds | 0}000` : String(stamp)
}

/** @throws {LedgerDamagedError} for a note that `formatStamp` does not write */
export function parseStamp(note: string): Instant | null {
  if (note === '') return null
  const digits = note.length <= MOST_DIGITS ? numberOf(note) : undefined
  if (digits !== undefined) return instant(digits)
  if (!/^-?\d{1,16}$/.test(note)) throw new LedgerDamagedError('the timestamp of a walked key cannot be read')
  return instant(Number(note))
}

/** Undefined if not all of it are digits. A million of them are read a purge, and a pattern takes four times as long. */
function numberOf(text: string): number | undefined {
  let value = 0
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = 10 * value + digit
  }
  return value
}
