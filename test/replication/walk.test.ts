import { describe, expect, test } from 'vitest'
import { instant, type Instant } from '../../src/domain/instant.ts'
import { NO_OUTCOMES, passId, type PassProgress } from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { WalkRequest } from '../../src/replication/ports.ts'
import { TOKEN_REFUSED } from '../../src/domain/error-codes.ts'
import { afterPage, begun } from '../../src/replication/progress.ts'
import { ServerClock } from '../../src/replication/server-clock.ts'
import { startMarkers, walkToEnd, type WalkedPage } from '../../src/replication/walk.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { MemoryFeed, OVERLAP_MS } from '../fixtures/memory-feed.ts'
import { keyRecord, SERVER_TIME, sourceRecord, type SourceScript } from '../fixtures/scripted-source.ts'

const { signal } = new AbortController()
const PASS = passId('pass-1')
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const TOLERANCE_MS = new ServerClock(OVERLAP_MS).tolerance
const refused = new ListingstreamError('the token is not known', { code: TOKEN_REFUSED, retryable: true })

interface Walked {
  readonly opened: MemoryFeed
  readonly pages: WalkedPage[]
  readonly result: Promise<PassProgress>
}

/** Walks as a pass would, with nothing to publish. */
function walk(
  script: SourceScript,
  options: {
    readonly select?: WalkRequest['select']
    readonly pass?: PassProgress['pass']
    readonly filter?: string
    readonly interrupted?: PassProgress
    readonly opened?: MemoryFeed
  } = {},
): Walked {
  const opened = options.opened ?? new MemoryFeed(script)
  const { pass = 'snapshot', select = 'everything', filter = '', interrupted } = options
  const pages: WalkedPage[] = []
  const begin = {
    pass,
    passId: PASS,
    initial: false,
    sweepOffsets: [],
    held: 0,
    window: null,
    owedSeconds: [],
    rescoped: false,
    compare: null,
    reconciledAt: null,
    overlap: null,
    resumed: false,
    decidesOn: null,
  }
  const result = walkToEnd(
    opened.feed,
    { resource: LISTINGS, select, filter, interrupted, begin },
    async (walked) => {
      pages.push(walked)
      const { page, fresh, progress } = walked
      return afterPage(progress, page, { ...fresh, counts: NO_OUTCOMES })
    },
    signal,
  )
  return { opened, pages, result }
}

const askedIn = ({ opened }: Walked, kind: 'walk' | 'count') =>
  opened.source.asked.filter((question) => question.kind === kind)

function stamped(key: string, modificationTimestamp: Instant) {
  return sourceRecord(key, {}, { modificationTimestamp })
}

describe('the start of a pass (R4)', () => {
  test("is the server's date of the first response, not the local clock", async () => {
    const serverDate = instant(SERVER_TIME + 17_000)
    const later = instant(SERVER_TIME + 60_000)
    const walked = walk({
      walks: [
        [
          { records: [sourceRecord('1')], serverDate },
          { records: [], serverDate: later },
        ],
      ],
      counts: [1],
    })
    expect(await walked.result).toMatchObject({ startedAt: serverDate, passId: PASS, page: 2 })
    expect(walked.pages.map(({ observedAt }) => observedAt)).toEqual([serverDate, later])
  })

  test('does not pass with the commits: a page that waits for its turn was seen when it came (R4, R6)', async () => {
    const opened = new MemoryFeed({
      walks: [[{ records: [sourceRecord('1')] }, { records: [sourceRecord('2')] }]],
      counts: [2],
    })
    const pages: WalkedPage[] = []
    await walkToEnd(
      opened.feed,
      {
        resource: LISTINGS,
        select: 'everything',
        filter: '',
        interrupted: undefined,
        begin: {
          pass: 'snapshot',
          passId: PASS,
          initial: false,
          sweepOffsets: [],
          held: 0,
          window: null,
          owedSeconds: [],
          rescoped: false,
          compare: null,
          reconciledAt: null,
          overlap: null,
        },
      },
      async (walked) => {
        pages.push(walked)
        // The next page is there already: two are fetched ahead.
        opened.clock.advance(10 * MINUTE_MS)
        return afterPage(walked.progress, walked.page, { ...walked.fresh, counts: NO_OUTCOMES })
      },
      signal,
    )
    expect(pages.map(({ observedAt }) => observedAt)).toEqual([SERVER_TIME, SERVER_TIME])
  })

  test('is never guessed: without a Date header the pass fails', async () => {
    const walked = walk({ walks: [[{ records: [sourceRecord('1')], serverDate: null }]] })
    await expect(walked.result).rejects.toMatchObject({ code: 'SOURCE_CLOCK' })
    expect(walked.pages).toEqual([])
  })

  test('a Date header that is missing later does no harm', async () => {
    const first = { records: [sourceRecord('1')] }
    const walked = walk({ walks: [[first, { records: [], serverDate: null }]], counts: [1] })
    expect(await walked.result).toMatchObject({ startedAt: SERVER_TIME })
    expect(walked.pages[1]?.observedAt).toBe(SERVER_TIME)
  })

  test.each([HOUR_MS, -HOUR_MS])(
    'fails beyond an hour from the local clock (%i ms), and says so',
    async (off) => {
      const at = instant(SERVER_TIME + off)
      const just = walk({ walks: [[{ records: [], serverDate: at }]], counts: [0] })
      expect(await just.result).toMatchObject({ startedAt: Math.min(at, SERVER_TIME + TOLERANCE_MS) })
      const beyond = walk({ walks: [[{ records: [], serverDate: instant(at + Math.sign(off)) }]] })
      await expect(beyond.result).rejects.toMatchObject({ code: 'SOURCE_CLOCK' })
      expect(beyond.pages).toEqual([])
    },
  )
})

describe('a Date that other signs of time do not bear out (R4)', () => {
  const rows = (serverDate: Instant) => ({ records: [sourceRecord('1')], serverDate })
  const ahead = instant(SERVER_TIME + 59 * MINUTE_MS)

  test('is believed up to the local clock, with a tolerance far below the overlap', async () => {
    const walked = walk({ walks: [[rows(ahead)]], counts: [1] })
    expect(await walked.result).toMatchObject({ startedAt: SERVER_TIME + TOLERANCE_MS })
    expect(walked.pages[0]?.observedAt).toBeLessThanOrEqual(SERVER_TIME + TOLERANCE_MS)
    expect(TOLERANCE_MS).toBeLessThanOrEqual(OVERLAP_MS / 20)
  })

  test('is believed no further than the answers before it, where the local clock is ahead, too', async () => {
    const opened = new MemoryFeed({ walks: [[rows(ahead)]], counts: [1] })
    opened.clock.advance(50 * MINUTE_MS)
    for (const seconds of [0, 1, 2]) {
      opened.source.onDate(instant(SERVER_TIME + seconds * 1_000))
      opened.clock.advance(1_000)
    }
    const walked = walk({}, { opened })
    expect((await walked.result).startedAt).toBeLessThanOrEqual(SERVER_TIME + 10_000 + TOLERANCE_MS)
    expect(walked.pages[0]?.observedAt).toBeLessThanOrEqual(SERVER_TIME + 10_000 + TOLERANCE_MS)
  })

  test('on a later page moves the time at which its rows were observed no further, either way (R6, R9)', async () => {
    const back = instant(SERVER_TIME - 59 * MINUTE_MS)
    const steps = [SERVER_TIME, SERVER_TIME, ahead, SERVER_TIME, back].map(rows)
    const walked = walk({ walks: [steps], counts: [1] })
    await walked.result
    for (const { observedAt } of walked.pages) {
      expect(Math.abs(observedAt - SERVER_TIME)).toBeLessThanOrEqual(TOLERANCE_MS)
    }
  })

  test('a local clock that is far off is told of', async () => {
    const opened = new MemoryFeed({ walks: [[rows(SERVER_TIME)]], counts: [1] })
    opened.clock.advance(-30 * MINUTE_MS)
    const walked = walk({}, { opened })
    const held = SERVER_TIME - 30 * MINUTE_MS + TOLERANCE_MS
    expect(await walked.result).toMatchObject({ startedAt: held })
    expect(opened.observer.clocks).toEqual([30 * MINUTE_MS])
  })
})

describe('what a walk has shown (R7)', () => {
  test('is counted by distinct keys, however often a key comes', async () => {
    const rows = (...keys: string[]) => ({ records: keys.map((key) => sourceRecord(key)) })
    const walked = walk({ walks: [[rows('1', '2'), rows('2', '3'), rows('1')]], counts: [3] })
    expect(await walked.result).toMatchObject({ walked: 3, walkedInRange: 3, page: 3 })
    expect(walked.pages.map(({ fresh }) => fresh.walked)).toEqual([2, 1, 0])
  })

  test('a short page does not end the walk, nor does an empty one with a new token', async () => {
    const steps = [{ records: [sourceRecord('1')] }, { records: [] }, { records: [sourceRecord('2')] }]
    expect(await walk({ walks: [steps], counts: [2] }).result).toMatchObject({ walked: 2, page: 3 })
  })

  test('a row without a usable key stands for a key of a walk of keys alone, too (R12)', async () => {
    const unreadable = [{ reason: 'no key', body: {} }]
    const script = { walks: [[{ records: [keyRecord('1')], unreadable }]], counts: [2] }
    expect(await walk(script, { pass: 'purge', select: 'versions' }).result).toMatchObject({ walked: 1 })
  })

  test('only records stamped before the overlap of its start count for completeness', async () => {
    const bound = SERVER_TIME - OVERLAP_MS
    const records = [
      stamped('1', instant(bound - 1)),
      stamped('2', instant(bound)),
      stamped('3', SERVER_TIME),
    ]
    const walked = walk({ walks: [[{ records }]], counts: [1] })
    expect(await walked.result).toMatchObject({ walked: 3, walkedInRange: 1 })
    expect(askedIn(walked, 'count')).toEqual([
      { kind: 'count', filter: 'ModificationTimestamp Lt 2026-05-02T13:40:00Z', purpose: 'walk' },
    ])
  })
})

describe('what the source counts and a walk shows in another way (R7, R12)', () => {
  const bound = SERVER_TIME - OVERLAP_MS
  const stampless = (key: string, stamp: string | null) => ({
    ...sourceRecord(key, { ModificationTimestamp: stamp }),
    modificationTimestamp: null,
  })
  const older = stamped('0', instant(bound - 1))

  test.each([
    ['masked', stampless('1', '********')],
    ['null', stampless('1', null)],
    ['in a form that nobody can read', stampless('1', '05/02/2026 2 PM')],
  ])('a row whose stamp is %s was shown, whatever the source counts it by', async (_, row) => {
    const records = [older, row]
    for (const count of [1, 2]) {
      expect(await walk({ walks: [[{ records }]], counts: [count] }).result).toMatchObject({ walked: 2 })
      const update = walk({ walks: [[{ records }]], counts: [count] }, { pass: 'update', filter: 'X Gt 1' })
      expect(await update.result).toMatchObject({ walked: 2 })
      const keys = walk({ walks: [[{ records }]], counts: [2] }, { pass: 'purge', select: 'versions' })
      expect(await keys.result).toMatchObject({ walked: 2 })
    }
  })

  test('such a row stands for itself alone: one that was not shown still makes the walk incomplete', async () => {
    const records = [older, stampless('1', '********')]
    await expect(walk({ walks: [[{ records }]], counts: [3] }).result).rejects.toMatchObject({
      code: 'PASS_INCOMPLETE',
    })
  })

  test('a stamp of the future is in neither count', async () => {
    const future = stamped('1', instant(Date.UTC(2099, 0)))
    const script = { walks: [[{ records: [older, future] }]], counts: [1] }
    expect(await walk(script).result).toMatchObject({ walked: 2, walkedInRange: 1 })
  })

  test.each(['everything', 'versions', 'keys'] as const)(
    'two rows of one key on one page are two rows to the source (walk of %s)',
    async (select) => {
      const records = [older, stamped('1', instant(bound - 1)), stamped('1', instant(bound - 2))]
      const pass = select === 'everything' ? 'snapshot' : 'purge'
      const walked = walk({ walks: [[{ records }]], counts: [3] }, { pass, select })
      expect(await walked.result).toMatchObject({ walked: 2, walkedInRange: 3 })
    },
  )

  test('rows of an earlier page are a repetition, and stand for nothing that is missing', async () => {
    const again = [older, older]
    const script = { walks: [[{ records: [older] }, { records: again }]], counts: [2] }
    await expect(walk(script).result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
  })
})

describe('tokens that lead nowhere (R7, R14)', () => {
  /** Pages of these keys, again and again, under the tokens t0, t1, … */
  function circle(period: number, before: number, rows: (page: number) => readonly string[]): SourceScript {
    const steps = Array.from({ length: 400 }, (_, i) => ({
      records: rows(i).map((key) => sourceRecord(key)),
      nextToken: `t${i < before ? i : before + ((i - before) % period)}`,
    }))
    return { walks: [steps] }
  }

  test.each([1, 2, 3, 7])('a circle of %i pages ends as an incomplete walk', async (period) => {
    const rows = (page: number): string[] => [`k${page < 3 ? page : 3 + ((page - 3) % period)}`]
    const walked = walk(circle(period, 3, rows))
    await expect(walked.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE', retryable: true })
    expect(walked.pages.length).toBeLessThan(3 + period + 15)
  })

  test('ever new tokens for ever the same rows are a circle, too', async () => {
    const steps = Array.from({ length: 400 }, () => ({ records: [sourceRecord('1')] }))
    const walked = walk({ walks: [steps] }, { pass: 'purge', select: 'versions' })
    await expect(walked.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    expect(walked.pages.length).toBeLessThan(15)
  })

  test('three empty pages in a row are followed, a fourth is none that can be believed', async () => {
    const empty = { records: [] }
    const one = { records: [sourceRecord('1')] }
    const three = walk({ walks: [[empty, empty, empty, one]], counts: [1] })
    expect(await three.result).toMatchObject({ walked: 1, page: 4 })
    const four = walk({ walks: [[one, empty, empty, empty, empty, one]] })
    await expect(four.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE', retryable: true })
  })

  test('pages that repeat some rows go on', async () => {
    const steps = Array.from({ length: 60 }, (_, i) => ({
      records: [sourceRecord(`k${i}`), sourceRecord(`k${i + 1}`)],
    }))
    expect(await walk({ walks: [steps], counts: [61] }).result).toMatchObject({ walked: 61 })
  })
})

describe('the end of a walk (R7)', () => {
  test('is not believed if the source counts more than was shown', async () => {
    const walked = walk({ walks: [[{ records: [sourceRecord('1')] }]], counts: [2] })
    await expect(walked.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE', retryable: true })
  })

  test('a row without a usable key was shown, too: it does not make the walk incomplete (R12)', async () => {
    const unreadable = [{ reason: 'no key', body: {} }]
    const walked = walk({ walks: [[{ records: [sourceRecord('1')], unreadable }]], counts: [2] })
    expect(await walked.result).toMatchObject({ walked: 1, walkedInRange: 2 })
    const short = walk({ walks: [[{ records: [sourceRecord('1')], unreadable }]], counts: [3] })
    await expect(short.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
  })

  test('more than the source counts is no fault', async () => {
    const walked = walk({ walks: [[{ records: [sourceRecord('1'), sourceRecord('2')] }]], counts: [1] })
    expect(await walked.result).toMatchObject({ walked: 2 })
  })

  test('the count is of the same filter, narrowed, and asked after the last page', async () => {
    const filter = 'ModificationTimestamp Gt 2026-05-02T13:00:00Z'
    const walked = walk(
      { walks: [[{ records: [sourceRecord('1')] }]], counts: [0] },
      { pass: 'update', filter },
    )
    await walked.result
    expect(walked.opened.source.asked.map(({ kind }) => kind)).toEqual(['walk', 'count'])
    const narrowed = `${filter} And ModificationTimestamp Lt 2026-05-02T13:40:00Z`
    expect(askedIn(walked, 'count')).toEqual([{ kind: 'count', filter: narrowed, purpose: 'update' }])
    expect(askedIn(walked, 'walk')).toMatchObject([{ filter, purpose: 'update' }])
  })

  test('an update window that was empty is not counted; an empty full walk is', async () => {
    const script = { walks: [[{ records: [] }]], counts: [5] }
    expect(await walk(script, { pass: 'update' }).result).toMatchObject({ walked: 0 })
    await expect(walk(script).result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
  })

  test('a walk of keys alone is held against the plain count', async () => {
    const script = { walks: [[{ records: [keyRecord('1'), keyRecord('2')] }]], counts: [2] }
    const walked = walk(script, { pass: 'purge', select: 'versions' })
    expect(await walked.result).toMatchObject({ walked: 2, walkedInRange: 2 })
    expect(askedIn(walked, 'count')).toEqual([{ kind: 'count', filter: '', purpose: 'walk' }])
    const short = walk({ ...script, counts: [3] }, { pass: 'purge', select: 'versions' })
    await expect(short.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
  })

  describe('when the source refuses to count', () => {
    const pages = [{ records: [sourceRecord('1')] }, { records: [sourceRecord('2')], token: 'token-1' }]

    test('is asked for once more, by the last token, and may show less', async () => {
      const walked = walk({ walks: [pages, [{ records: [] }]], counts: [undefined] })
      expect(await walked.result).toMatchObject({ walked: 2 })
      expect(askedIn(walked, 'walk').map((question) => 'token' in question && question.token)).toEqual([
        '',
        'token-1',
      ])
    })

    test.each([
      ['goes on', [{ records: [sourceRecord('2')] }, { records: [] }]],
      ['shows a key that it did not show before', [{ records: [sourceRecord('2'), sourceRecord('3')] }]],
    ])('is not believed if it then %s', async (_, again) => {
      const walked = walk({ walks: [pages, again], counts: [undefined] })
      await expect(walked.result).rejects.toMatchObject({ code: 'PASS_INCOMPLETE' })
    })
  })
})

describe('a refused token (R7)', () => {
  test('restarts the walk under the same pass id and filter; what was counted is counted anew', async () => {
    const rows = [{ records: [sourceRecord('1'), sourceRecord('2')] }]
    const walked = walk({ walks: [[...rows, { fail: refused }], rows], counts: [2] })
    expect(await walked.result).toMatchObject({ passId: PASS, filter: '', walked: 2, page: 1 })
    expect(walked.pages.map(({ fresh }) => fresh.walked)).toEqual([2, 2])
    expect(askedIn(walked, 'walk').map((question) => 'token' in question && question.token)).toEqual(['', ''])
  })

  test('keeps the start even if hours lie between', async () => {
    const rows = [{ records: [sourceRecord('1')] }]
    const opened: MemoryFeed = new MemoryFeed({
      walks: [
        [...rows, { run: () => (opened.source.now = instant(SERVER_TIME + HOUR_MS)) }, { fail: refused }],
        rows,
      ],
      counts: [1],
    })
    expect(await walk({}, { opened }).result).toMatchObject({ startedAt: SERVER_TIME, walked: 1 })
  })

  test('ends the pass when it comes again and again', async () => {
    const once = [{ records: [sourceRecord('1')] }, { fail: refused }]
    const walked = walk({ walks: [once, once, once, once, once] })
    await expect(walked.result).rejects.toBe(refused)
    expect(askedIn(walked, 'walk')).toHaveLength(4)
  })

  test('of a walk that has not begun is an error like any other', async () => {
    await expect(walk({ walks: [[{ fail: refused }]] }).result).rejects.toBe(refused)
  })
})

describe('a resumed walk', () => {
  const interrupted: PassProgress = {
    ...begun({
      resource: LISTINGS.name,
      pass: 'update',
      passId: passId('pass-0'),
      initial: false,
      startedAt: instant(SERVER_TIME - 5 * HOUR_MS),
      filter: 'ModificationTimestamp Gt 2026-05-02T08:00:00Z',
      sweepOffsets: [],
      held: 0,
      heldRecords: 0,
      window: null,
      owedSeconds: [],
      scope: '',
      rescoped: false,
      compare: null,
      reconciledAt: null,
      overlap: null,
    }),
    token: 'token-7',
    page: 7,
    walked: 7,
    walkedInRange: 7,
  }

  test('goes on at its token, under its own filter, id and start (R4)', async () => {
    const walked = walk(
      { walks: [[{ records: [stamped('8', instant(0))] }]], counts: [8] },
      { pass: 'update', filter: 'ModificationTimestamp Gt 2026-05-02T13:00:00Z', interrupted },
    )
    const { passId: id, startedAt, filter } = interrupted
    expect(await walked.result).toMatchObject({ passId: id, startedAt, filter, page: 8, walked: 8 })
    expect(askedIn(walked, 'walk')).toMatchObject([{ filter, token: 'token-7' }])
    expect(walked.opened.observer.started).toEqual([
      { progress: { ...interrupted, resumed: true }, resumed: true },
    ])
  })

  test('that had ended reads its last page again, and counts nothing of it twice', async () => {
    const walked = walk(
      { walks: [[{ records: [stamped('7', instant(0))] }]], counts: [7] },
      { pass: 'update', interrupted: { ...interrupted, walkEnded: true } },
    )
    expect(await walked.result).toMatchObject({ page: 8, walked: 7, walkedInRange: 7, walkEnded: true })
  })

  test('whose last page is the last no more follows what was added', async () => {
    const walked = walk(
      {
        walks: [[{ records: [stamped('7', instant(0))] }, { records: [stamped('8', instant(0))] }]],
        counts: [8],
      },
      { pass: 'update', interrupted: { ...interrupted, walkEnded: true } },
    )
    expect(await walked.result).toMatchObject({ page: 9, walked: 8, walkedInRange: 8 })
  })

  test('whose token is refused begins anew under the same id (R7)', async () => {
    const records = ['1', '2'].map((key) => stamped(key, instant(0)))
    const walked = walk(
      { walks: [[{ fail: refused }], [{ records }]], counts: [2] },
      { pass: 'update', interrupted },
    )
    const { passId: id, startedAt } = interrupted
    expect(await walked.result).toMatchObject({ passId: id, startedAt, page: 1, walked: 2 })
  })
})

test('a failure of the source is the failure of the walk, after the pages before it (R8)', async () => {
  const outage = new Error('outage')
  const walked = walk({ walks: [[{ records: [sourceRecord('1')] }, { fail: outage }]] })
  await expect(walked.result).rejects.toBe(outage)
  expect(walked.pages).toHaveLength(1)
})

test('only the first transaction of a pass says that it has started', async () => {
  const { opened, pages, result } = walk({ walks: [[{ records: [] }, { records: [] }]], counts: [0] })
  const last = await result
  const { state } = opened.feed
  const first = afterPage(pages[0]!.progress, pages[0]!.page, { walked: 0, inRange: 0, counts: NO_OUTCOMES })
  expect(startMarkers(state, first)).toEqual([{ event: 'started', progress: first, detail: null }])
  state.record(first, null)
  expect(startMarkers(state, last)).toEqual([])
})
