import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { waitingText } from '../../../src/app/rebuild/progress-bar.ts'
import { tellRebuild } from '../../../src/app/rebuild/tell-rebuild.ts'
import type { PlannedRound } from '../../../src/consumer/rebuild/plan-round.ts'
import { instant } from '../../../src/domain/instant.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const PLANNED: PlannedRound = {
  round: {
    kind: 'replay',
    feed: { prefix: 'spark', clusterId: 'c', generation: 1 },
    ends: { listings: [10] },
    pinnedAt: instant(0),
  },
  resources: [LISTINGS.name],
  from: { listings: [0] },
  isResumed: false,
  reason: 'first fill',
}
const PSQL = { pid: 4711, application: 'psql' }
const DUMP = { pid: 4712, application: 'pg_dump' }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** As a pipe has it, or another machine. */
const PIPE = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream

function parsed(lines: readonly unknown[]): readonly unknown[] {
  return lines.map((line): unknown => JSON.parse(String(line)))
}

test('the log tells every ten seconds how far it is, also where nothing comes', () => {
  const lines: string[] = []
  const logger = createLogger({ destination: { write: (line) => lines.push(line) } })
  using told = tellRebuild({ json: false, logger, feed: 'spark' }, PIPE)
  told.observer.roundBegun(PLANNED)
  told.observer.staged(LISTINGS.name, { records: 5, rows: 5 }, { listings: [10] })
  vi.advanceTimersByTime(32_000)
  const goesOn = expect.objectContaining({ msg: 'the rebuild goes on', percent: 100, records: 5 })
  expect(parsed(lines)).toEqual([expect.objectContaining({ msg: 'a replay begins' }), goesOn, goesOn, goesOn])
  told.observer.roundFinished(PLANNED, [])
  lines.length = 0
  vi.advanceTimersByTime(60_000)
  expect(lines).toEqual([])
})

test('the log tells for whom a store waits: at once, when those are others, and every ten seconds', () => {
  const lines: string[] = []
  const logger = createLogger({ destination: { write: (line) => lines.push(line) } })
  using told = tellRebuild({ json: false, logger, feed: 'spark' }, PIPE)
  told.observer.roundBegun(PLANNED)
  lines.length = 0
  const waits = (...waitingFor: readonly unknown[]): unknown =>
    expect.objectContaining({ msg: expect.stringContaining('transactions of others'), waitingFor })
  told.observer.waiting([PSQL, DUMP])
  expect(parsed(lines)).toEqual([waits(PSQL, DUMP)])
  told.observer.waiting([PSQL, DUMP])
  told.observer.waiting([DUMP])
  expect(parsed(lines)).toEqual([waits(PSQL, DUMP), waits(DUMP)])
  vi.advanceTimersByTime(21_000)
  expect(parsed(lines)).toEqual([waits(PSQL, DUMP), waits(DUMP), waits(DUMP), waits(DUMP)])
})

test('--json has a line for it', () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  using told = tellRebuild({ json: true, logger: createLogger({ level: 'silent' }), feed: 'spark' }, PIPE)
  told.observer.roundBegun(PLANNED)
  told.observer.waiting([PSQL])
  vi.advanceTimersByTime(1_000)
  const lines = parsed(written.mock.calls.map(([line]) => line))
  expect(lines[0]).toMatchObject({ event: 'round-begun' })
  const line = { event: 'round-waits', kind: 'replay', waitingFor: [PSQL] }
  expect(lines.slice(1)).toEqual([line, line])
})

test('so has the bar', () => {
  vi.stubEnv('CI', undefined)
  const screen = {
    isTTY: true,
    columns: 200,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  }
  const stream = Object.assign(new PassThrough(), screen)
  const logger = createLogger({ level: 'silent' })
  {
    using told = tellRebuild({ json: false, logger, feed: 'spark' }, stream as unknown as NodeJS.WriteStream)
    told.observer.roundBegun(PLANNED)
    told.observer.waiting([PSQL])
    vi.advanceTimersByTime(1_000)
  }
  expect(String(stream.read())).toContain(`Replaying of spark: ${waitingText([PSQL])}`)
  expect(waitingText([PSQL])).toBe(`all is read, waits for the server's processes 4711 ("psql")`)
  expect(waitingText([])).toBe('all is read, waits for transactions of others')
})
