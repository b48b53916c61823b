import { describe, expect, test } from 'vitest'

import { checkGroup, RIGHT } from './check-group.ts'
import type { AppliedRow, JournalEntry } from './group-store.ts'

const row = (key: string, offset: number, city: string | null = `c${offset}`): AppliedRow => ({
  partition: 0,
  offset,
  key,
  city,
})
const EXPECTED = [row('a', 0), row('b', 1), row('a', 2, null)]

function entry(what: JournalEntry['what'], key: string, offset: number, member = 'm1'): JournalEntry {
  return { what, key, offset, member, partition: 0 }
}
const handled = (key: string, offset: number, member = 'm1'): readonly JournalEntry[] => [
  entry('begun', key, offset, member),
  entry('done', key, offset, member),
]
const GONE: JournalEntry = entry('gone', '', 0)

describe('the checker of groups', () => {
  test('finds nothing where all is handled in order, however often', () => {
    const failed = [entry('begun', 'a', 0), entry('failed', 'a', 0)]
    const killed = [entry('begun', 'a', 2), GONE]
    const again = [...handled('a', 0, 'm2'), ...handled('a', 2, 'm2')]
    const journal = [...failed, ...handled('a', 0), ...handled('b', 1), ...killed, ...again]
    expect(checkGroup(EXPECTED, journal, EXPECTED)).toEqual(RIGHT)
  })

  test('finds a change that was begun and never handled', () => {
    const journal = [...handled('a', 0), ...handled('b', 1), entry('begun', 'a', 2)]
    expect(checkGroup(EXPECTED, journal, EXPECTED).lost).toEqual(['a at 0/2'])
  })

  test('finds a change that no reader may see', () => {
    const journal = [...handled('a', 0), ...handled('b', 1), ...handled('a', 2), ...handled('ghost', 7)]
    expect(checkGroup(EXPECTED, journal, EXPECTED).foreign).toEqual(['ghost at 0/7'])
  })

  test('finds a key out of order', () => {
    const journal = [...handled('a', 2), ...handled('a', 0), ...handled('b', 1)]
    expect(checkGroup(EXPECTED, journal, EXPECTED).outOfOrder).toEqual(['a at 0/2 before a at 0/0'])
  })

  test('finds two handlers of one key at a time, unless one of them is dead', () => {
    const journal = [entry('begun', 'a', 0), ...handled('a', 0, 'm2'), ...handled('b', 1), ...handled('a', 2)]
    expect(checkGroup(EXPECTED, journal, EXPECTED).together).toEqual(['a at 0/0 beside a at 0/0'])
    expect(checkGroup(EXPECTED, journal.toSpliced(1, 0, GONE), EXPECTED)).toEqual(RIGHT)
  })

  test('finds a store with a change twice, missing or wrong', () => {
    const journal = [...handled('a', 0), ...handled('b', 1), ...handled('a', 2)]
    const store = [row('a', 0), row('a', 0), row('a', 2, 'Moab')]
    expect(checkGroup(EXPECTED, journal, store).store).toEqual([
      'a at 0/0: 2 times',
      'b at 0/1: 0 times',
      'a at 0/2: Moab, not null',
    ])
  })
})
