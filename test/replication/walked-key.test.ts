import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/domain/instant.ts'
import type { IndexEntry } from '../../src/domain/index-entry.ts'
import { judgeWalkedKey, type WalkedKeyVerdict } from '../../src/replication/walked-key.ts'
import { updatedAfter } from '../../src/replication/window.ts'
import { indexEntry } from '../fixtures/index-entry.ts'
import { SERVER_TIME } from '../fixtures/scripted-source.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const OVERLAP_MS = 20 * MINUTE_MS
const SWEEP = {
  showsStamps: true,
  startedAt: SERVER_TIME,
  nextWindow: updatedAfter(instant(SERVER_TIME - 5 * MINUTE_MS), OVERLAP_MS),
  overlap: OVERLAP_MS,
}

const STATES = ['absent', 'deleted', 'live', 'dead_lettered'] as const
const STAMPS = ['none', 'first', 'lower', 'equal', 'higher'] as const
const WINDOWS = ['inside', 'outside'] as const
const OBSERVED = ['not after the overlap', 'after the overlap'] as const
const REQUESTS = [0, 7] as const
type Stamp = (typeof STAMPS)[number]
type Observed = (typeof OBSERVED)[number]

/** The rows of the table; what is missing in a row makes no difference to it. */
interface Row {
  readonly states: readonly (typeof STATES)[number][]
  readonly stamp: Stamp | '*'
  readonly window: (typeof WINDOWS)[number] | '*'
  readonly observed: Observed | '*'
  readonly verdict: WalkedKeyVerdict
}

const KNOWN = ['live', 'dead_lettered'] as const
const ROWS: readonly Row[] = [
  { states: ['absent', 'deleted'], stamp: '*', window: '*', observed: '*', verdict: 'asked' },
  { states: KNOWN, stamp: 'none', window: '*', observed: '*', verdict: 'asked' },
  { states: KNOWN, stamp: 'lower', window: '*', observed: 'not after the overlap', verdict: 'left_to_purge' },
  { states: KNOWN, stamp: 'lower', window: '*', observed: 'after the overlap', verdict: 'asked' },
  { states: KNOWN, stamp: 'equal', window: '*', observed: 'after the overlap', verdict: 'believed' },
  {
    states: KNOWN,
    stamp: 'equal',
    window: 'inside',
    observed: 'not after the overlap',
    verdict: 'left_to_update',
  },
  { states: KNOWN, stamp: 'equal', window: 'outside', observed: 'not after the overlap', verdict: 'asked' },
  { states: KNOWN, stamp: 'higher', window: 'inside', observed: '*', verdict: 'left_to_update' },
  { states: KNOWN, stamp: 'higher', window: 'outside', observed: '*', verdict: 'asked' },
  { states: KNOWN, stamp: 'first', window: 'inside', observed: '*', verdict: 'left_to_update' },
  { states: KNOWN, stamp: 'first', window: 'outside', observed: '*', verdict: 'asked' },
]

const CASES = STATES.flatMap((state) =>
  STAMPS.flatMap((stamp) =>
    WINDOWS.flatMap((window) =>
      OBSERVED.flatMap((observed) =>
        REQUESTS.map((request) => ({ state, stamp, window, observed, request })),
      ),
    ),
  ),
)
type Case = (typeof CASES)[number]

function rowsOf({ state, stamp, window, observed }: Case): readonly Row[] {
  const fits = (wanted: string, actual: string): boolean => wanted === '*' || wanted === actual
  return ROWS.filter(
    (row) =>
      row.states.includes(state) &&
      fits(row.stamp, stamp) &&
      fits(row.window, window) &&
      fits(row.observed, observed),
  )
}

/** The overlap is that of the sweep for a lower stamp, and that of the stamp for an equal one. */
function observedAt({ stamp, observed }: Case, seen: number): IndexEntry['observedAt'] {
  const late = observed === 'after the overlap'
  if (stamp === 'equal') return instant(seen + OVERLAP_MS + SECOND_MS - (late ? 0 : 1))
  return instant(SERVER_TIME - OVERLAP_MS - (late ? 1 : 0))
}

function verdictOn(one: Case): WalkedKeyVerdict {
  const seen = instant(SWEEP.nextWindow + (one.window === 'inside' ? SECOND_MS : 0))
  const known = { none: seen, first: null, lower: seen + SECOND_MS, equal: seen, higher: seen - 47 * HOUR_MS }
  const stamp = known[one.stamp]
  const entry = indexEntry({
    state: one.state === 'absent' ? 'live' : one.state,
    modificationTimestamp: stamp === null ? null : instant(stamp),
    observedAt: observedAt(one, seen),
    request: one.request,
  })
  return judgeWalkedKey(
    { entry: one.state === 'absent' ? undefined : entry, stamp: one.stamp === 'none' ? null : seen },
    SWEEP,
  )
}

describe('what a purge makes of a key that its walk shows (R4, R6)', () => {
  test('of a resource without stamps presence is all: what is known is believed, what is not is asked for', () => {
    const sweep = { ...SWEEP, showsStamps: false }
    const verdictOf = (state: IndexEntry['state']) =>
      judgeWalkedKey({ entry: indexEntry({ state, modificationTimestamp: null }), stamp: null }, sweep)
    expect(verdictOf('live')).toBe('believed')
    expect(verdictOf('dead_lettered')).toBe('believed')
    expect(verdictOf('deleted')).toBe('asked')
    expect(judgeWalkedKey({ entry: undefined, stamp: null }, sweep)).toBe('asked')
  })

  test('the table has one row for every case', () => {
    expect(CASES).toHaveLength(4 * 5 * 2 * 2 * 2)
    for (const one of CASES) expect(rowsOf(one), JSON.stringify(one)).toHaveLength(1)
  })

  test.each(CASES)(
    '$state, stamp $stamp, $window the next window, observed $observed, request $request',
    (one) => {
      expect(verdictOn(one)).toBe(rowsOf(one)[0]?.verdict)
    },
  )

  test('a stamp that goes back by two days is asked for, and a future one is left to the updates', () => {
    const entry = indexEntry({
      modificationTimestamp: SERVER_TIME,
      observedAt: instant(SERVER_TIME - HOUR_MS),
    })
    expect(judgeWalkedKey({ entry, stamp: instant(SERVER_TIME - 47 * HOUR_MS) }, SWEEP)).toBe('asked')
    expect(judgeWalkedKey({ entry, stamp: instant(Date.UTC(2099, 0)) }, SWEEP)).toBe('left_to_update')
  })

  test('docs/replication.md has the same table', () => {
    const text = readFileSync(new URL('../../docs/replication.md', import.meta.url), 'utf8')
    const cells = (line: string): string[] =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
    const table = text
      .slice(text.indexOf('| the index has'))
      .split('\n\n')[0]
      ?.split('\n')
      .slice(2)
      .map(cells)
    const words = {
      '*': 'any',
      none: 'none that can be read',
      first: 'some, the index none',
      lower: 'lower',
      equal: 'equal',
      higher: 'higher',
    }
    const outcomes = {
      asked: 'read whole, now',
      believed: 'believed',
      left_to_update: 'left to the next update',
      left_to_purge: 'left to the purge after this one',
    }
    expect(table).toEqual(
      ROWS.map(({ states, stamp, window, observed, verdict }) => [
        states === KNOWN ? 'live or dead-lettered' : 'nothing, or deleted',
        words[stamp],
        window === '*' ? 'any' : window,
        observed === '*' ? 'any' : observed,
        outcomes[verdict],
      ]),
    )
  })
})
