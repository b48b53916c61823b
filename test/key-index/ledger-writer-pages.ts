import { passId } from '../../src/domain/pass.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'

export const KILLED_PASS = passId('killed')

/** Ascending, and above those of the page before. */
export function keysOfPage(page: number): readonly RecordKey[] {
  return Array.from({ length: 200 }, (_, i) => recordKey(String(1_000_000 + page * 200 + i)))
}
