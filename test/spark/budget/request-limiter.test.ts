import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { REQUEST_PURPOSES, type RequestPurpose } from '../../../src/domain/request-purpose.ts'
import { LimitedKey, mostInWindow, NEVER, WINDOW_MS, type KeyEvent } from './limited-key.ts'

const RANKS = { update: 0, question: 1, media: 1, walk: 2 } as const
const SHARES = { update: 1, question: 0.9, media: 0.9, walk: 0.8 } as const

interface Arrival {
  readonly at: number
  readonly purpose: RequestPurpose
  readonly latency: number
  /** After its arrival; undefined: never. */
  readonly abortAfter: number | undefined
}

const arrivals = fc.array(
  fc.record({
    // Crowded, so that there is always somebody who waits.
    at: fc.nat({ max: 2 * WINDOW_MS }),
    purpose: fc.constantFrom(...REQUEST_PURPOSES),
    latency: fc.nat({ max: WINDOW_MS / 2 }),
    abortAfter: fc.option(fc.nat({ max: WINDOW_MS }), { nil: undefined, freq: 4 }),
  }),
  { minLength: 1, maxLength: 60 },
)
const rates = fc.integer({ min: 1, max: 12 })

/** All of them, to their ends. */
async function run(rate: number, list: readonly Arrival[]): Promise<LimitedKey> {
  const key = new LimitedKey(rate, { latencyMs: (id) => list[Number(id)]?.latency ?? 0 })
  await Promise.all(
    list.map(async ({ at, purpose, abortAfter }, i) => {
      await key.timer.sleep(at, NEVER)
      const abort = new AbortController()
      const asked = key.ask(String(i), purpose, abort.signal)
      const outcome = asked.then(
        () => 'answered',
        () => 'left',
      )
      if (abortAfter !== undefined) {
        await Promise.race([outcome, key.timer.sleep(abortAfter, NEVER)])
        abort.abort(new Error(`left ${i}`))
        await outcome
      }
      await outcome
    }),
  )
  return key
}

/** Everything that happened, with those that waited when it did. */
function* replayed(key: LimitedKey): Generator<{ event: KeyEvent; waiting: readonly KeyEvent[] }> {
  let waiting: KeyEvent[] = []
  for (const event of key.events) {
    yield { event, waiting }
    if (event.kind === 'asked') waiting = [...waiting, event]
    else waiting = waiting.filter(({ id }) => id !== event.id)
  }
}

describe('whatever comes, and however long its answer takes', () => {
  test('no window has more requests than the rate, by their sending or by any time until their answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        rates,
        arrivals,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (rate, list, late) => {
          const key = await run(rate, list)
          const answers = new Map(
            key.events.filter(({ kind }) => kind === 'answered').map(({ id, at }) => [id, at]),
          )
          expect(mostInWindow(key.sent.map(({ at }) => at))).toBeLessThanOrEqual(rate)
          const counted = key.sent.map(({ id, at }) => at + late * ((answers.get(id) ?? at) - at))
          expect(mostInWindow(counted)).toBeLessThanOrEqual(rate)
        },
      ),
    )
  })

  test('nobody is sent while one of a higher priority, or an earlier one of the same, waits', async () => {
    await fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, list) => {
        const key = await run(rate, list)
        for (const { event, waiting } of replayed(key)) {
          if (event.kind !== 'sent') continue
          const before = waiting.filter(({ purpose }) => RANKS[purpose] < RANKS[event.purpose])
          const peers = waiting.filter(({ purpose }) => RANKS[purpose] === RANKS[event.purpose])
          expect(before).toEqual([])
          expect(peers[0]?.id).toBe(event.id)
        }
      }),
    )
  })

  test('the last part of the window is kept for those of a higher priority', async () => {
    await fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, list) => {
        const key = await run(rate, list)
        const times = key.sent.map(({ at }) => at)
        for (const [i, { purpose, at }] of key.sent.entries()) {
          const used = times.slice(0, i + 1).filter((sentAt) => sentAt > at - WINDOW_MS).length
          expect(used).toBeLessThanOrEqual(Math.ceil(rate * SHARES[purpose]))
        }
      }),
    )
  })

  test('everybody is sent or leaves when its signal aborts, and no timer is left', async () => {
    await fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, list) => {
        const key = await run(rate, list)
        const left = key.events.filter(({ kind }) => kind === 'left')
        for (const { id, at } of left) {
          const { at: came, abortAfter } = list[Number(id)]!
          expect(at).toBe(came + abortAfter!)
        }
        expect(new Set(key.sent.map(({ id }) => id)).size + left.length).toBe(list.length)
        expect(key.sent.length + left.length).toBe(list.length)
        expect(key.limiter.report().waiting).toEqual({ update: 0, question: 0, media: 0, walk: 0 })
        await new Promise(setImmediate)
        expect(key.sleeping).toBe(0)
      }),
    )
  })

  test('what it reports as used is what was sent in the window or has been answered in it', async () => {
    await fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, list) => {
        const key = await run(rate, list)
        const recent = new Set(
          key.events
            .filter(({ kind, at }) => kind === 'answered' && at > key.now - WINDOW_MS)
            .map(({ id }) => id),
        )
        const { used } = key.limiter.report()
        for (const purpose of REQUEST_PURPOSES) {
          const expected = key.sent.filter((sent) => sent.purpose === purpose && recent.has(sent.id))
          expect(used[purpose]).toBeGreaterThanOrEqual(expected.length)
        }
      }),
    )
  })
})

describe('a walk that has no end', () => {
  /** One page after the other, with its answer after 100 ms. */
  async function walk(rate: number, windows: number): Promise<readonly number[]> {
    const key = new LimitedKey(rate, { latencyMs: () => 100 })
    while (key.now < windows * WINDOW_MS) await key.ask('page', 'walk')
    return key.sent.map(({ at }) => at)
  }

  test('slows down rather than stops, and comes to go evenly', async () => {
    const times = await walk(100, 6)
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
    expect(gaps.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 100))
    expect(Math.max(...gaps)).toBeLessThan(WINDOW_MS / 20)
    const even = WINDOW_MS / 80
    const last = gaps.slice(-80)
    expect(Math.min(...last)).toBeGreaterThanOrEqual(even - 1)
    // An answer takes time, by which its place is free later than the even pace would have it.
    expect(Math.max(...last)).toBeLessThan(2 * even)
  })

  test('uses its share of the window', async () => {
    const times = await walk(100, 6)
    const most = mostInWindow(times.slice(-160))
    expect(most).toBeGreaterThanOrEqual(79)
    expect(most).toBeLessThanOrEqual(80)
  })

  test('leaves room for an update at any time', async () => {
    const key = new LimitedKey(20, { latencyMs: () => 100 })
    const walking = (async () => {
      while (key.now < 4 * WINDOW_MS) await key.ask('page', 'walk')
    })()
    for (let i = 0; i < 11; i += 1) {
      await key.timer.sleep(WINDOW_MS / 3, NEVER)
      await key.ask('window', 'update')
    }
    await walking
    const waits = key.waits.filter(({ purpose }) => purpose === 'update').map(({ waited }) => waited)
    expect(waits).toEqual(Array.from({ length: 11 }, () => 0))
  })
})

test('a request that waits when its signal aborts rejects with the reason at once', async () => {
  const key = new LimitedKey(1)
  await key.ask('1', 'update')
  const abort = new AbortController()
  const waiting = key.ask('2', 'update', abort.signal)
  const reason = new Error('enough')
  abort.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  expect(key.now).toBe(0)
  expect(key.sleeping).toBe(0)
  expect(key.sent).toHaveLength(1)
})

test('a request is told to be sent when it is, and not when it was asked for: its number says which answer is newer (R6)', async () => {
  const key = new LimitedKey(1)
  await key.ask('1', 'walk')
  const asked = key.now
  await key.ask('2', 'walk')
  expect(key.sent.at(-1)?.at).toBe(asked + WINDOW_MS)
})

test('a request that has to wait is told with how long it waits in all, by what it is for', async () => {
  const key = new LimitedKey(10)
  await Promise.all(Array.from({ length: 9 }, (_, i) => key.ask(String(i), 'walk')))
  // Five go at once, three evenly over the rest of the window, the ninth when the first has left it.
  expect(key.toldToWait.length).toBeGreaterThan(0)
  expect(key.toldToWait.at(-1)).toEqual({ purpose: 'walk', wait: key.waits.at(-1)?.waited })
})
