import { describe, expect, test } from 'vitest'

import { LISTINGS } from '../../../src/resources/listings.ts'
import type { Timer } from '../../../src/support/timer.ts'
import { sourceOn } from '../http-source.ts'
import { d, failure, NOW, TOKEN, type Reply } from '../scripted-api.ts'
import { LimitedKey, mostInWindow, NEVER, WINDOW_MS } from './limited-key.ts'

const OVER_RATE = failure(429, 1550)

/** Takes so many requests in any window, and refuses the rest. What it refuses counts as well. */
function granting(most: number): (id: string, at: number) => Reply {
  const times: number[] = []
  return (_id, at) => {
    times.push(at)
    return times.filter((each) => each > at - WINDOW_MS).length > most ? OVER_RATE : { status: 200 }
  }
}

/** Answers one after the other, then takes everything. */
function answering(...replies: readonly Reply[]): () => Reply {
  const left = [...replies]
  return () => left.shift() ?? { status: 200 }
}

function granted(key: LimitedKey): number {
  return key.limiter.report().granted
}

describe('a source that grants less than API_RATE', () => {
  test('refuses less than one in a hundred once its rate is found, and most of that is used', async () => {
    const key = new LimitedKey(1_000, { latencyMs: () => 20, reply: granting(500) })
    while (key.now < 30 * WINDOW_MS) await key.ask('page', 'walk')
    const statuses = key.events
      .filter(({ kind }) => kind === 'answered')
      .map((event) => 'status' in event && event.status)
    const refused = statuses.filter((status) => status === 429).length
    expect(refused).toBeGreaterThan(0)
    expect(refused / statuses.length).toBeLessThan(0.01)
    expect(statuses.length).toBeGreaterThan(0.7 * 0.8 * 500 * 30)
  })

  test('is told once of many refusals at a time: what was under way by then says nothing new', async () => {
    const key = new LimitedKey(100, { latencyMs: () => 1_000, reply: granting(10) })
    await Promise.all(Array.from({ length: 40 }, (_, i) => key.ask(String(i), 'question')))
    expect(key.events.filter((event) => 'status' in event && event.status === 429)).toHaveLength(30)
    expect(key.told).toEqual([[34, 100]])
  })

  test('is not asked by everybody who waits: one request is tried, and the others follow its success evenly', async () => {
    const taken = Array.from({ length: 39 }, (): Reply => ({}))
    const key = new LimitedKey(100, { latencyMs: () => 5_000, reply: answering(...taken, OVER_RATE) })
    await Promise.all(Array.from({ length: 40 }, (_, i) => key.ask(String(i), 'question')))
    await Promise.all(['tried', 'second', 'third'].map((id) => key.ask(id, 'update')))
    const [tried = 0, second = 0, third = 0] = key.sent.slice(-3).map(({ at }) => at)
    expect(second).toBe(tried + 5_000)
    expect(third).toBe(second + Math.ceil(WINDOW_MS / granted(key)))
  })
})

describe('after a refusal for the rate', () => {
  test.each([
    ['HTTP 429', { status: 429 }],
    ['Code 1550 with HTTP 503', failure(503, 1550)],
    ['Code 1550 with HTTP 200', failure(200, 1550)],
  ])('%s: fewer are sent, and the log is told', async (_, refusal) => {
    const key = new LimitedKey(100, { reply: answering(...Array.from({ length: 39 }, () => ({})), refusal) })
    for (let i = 0; i < 40; i += 1) await key.ask(String(i), 'update')
    expect(granted(key)).toBe(34)
    expect(key.told).toEqual([[34, 100]])
    await key.ask('next', 'update')
    expect(key.now).toBeGreaterThanOrEqual(WINDOW_MS / 34)
  })

  test('what is refused when it is tried again says that the pause was too short, and nothing of the rate', async () => {
    const refusals = Array.from({ length: 4 }, () => OVER_RATE)
    const key = new LimitedKey(100, {
      reply: answering(...Array.from({ length: 60 }, () => ({})), ...refusals),
    })
    for (let i = 0; i < 65; i += 1) await key.ask(String(i), 'update')
    expect(key.told).toEqual([[51, 100]])
  })

  test('it is never lowered below a twentieth of the limit', async () => {
    const key = new LimitedKey(100, { reply: answering(OVER_RATE) })
    await key.ask('1', 'update')
    expect(key.told).toEqual([[5, 100]])
  })

  test('the rate is regained slowly, never above the limit, and that is told once', async () => {
    const key = new LimitedKey(100, { reply: answering(OVER_RATE) })
    await key.ask('refused', 'update')
    const low = granted(key)
    await key.timer.sleep(10 * WINDOW_MS, NEVER)
    expect(granted(key)).toBe(low + 20)
    await key.timer.sleep(1_000 * WINDOW_MS, NEVER)
    expect(granted(key)).toBe(100)
    await key.ask('1', 'update')
    await key.ask('2', 'update')
    expect(key.told).toEqual([
      [low, 100],
      [100, 100],
    ])
  })

  test('nothing is sent for a second, for two after the next one, and for a minute at most', async () => {
    const key = new LimitedKey(10_000, { reply: answering(...Array.from({ length: 9 }, () => OVER_RATE)) })
    for (let i = 0; i < 10; i += 1) await key.ask(String(i), 'update')
    const gaps = key.sent.slice(1).map(({ at }, i) => at - (key.sent[i]?.at ?? 0))
    for (const [i, gap] of gaps.entries())
      expect(gap).toBeGreaterThanOrEqual(Math.min(60_000, 1_000 * 2 ** i))
  })
})

describe('Retry-After', () => {
  const away = (status: number, seconds: string): Reply => ({ status, headers: { 'retry-after': seconds } })

  test('of a refusal keeps all requests of the key back for so long, whatever they are for', async () => {
    const key = new LimitedKey(100, { reply: answering(away(429, '7')) })
    await key.ask('1', 'walk')
    await Promise.all([key.ask('2', 'update'), key.ask('3', 'question'), key.ask('4', 'walk')])
    for (const { at } of key.sent.slice(1)) expect(at).toBeGreaterThanOrEqual(7_000)
  })

  test('of an outage does so, too, and says nothing of the rate', async () => {
    const key = new LimitedKey(100, { reply: answering(away(503, '7')) })
    await key.ask('1', 'walk')
    await key.ask('2', 'update')
    expect(key.now).toBe(7_000)
    expect(granted(key)).toBe(100)
    expect(key.told).toEqual([])
  })

  test('of a day holds the others back for a window: only who was told waits for longer', async () => {
    const key = new LimitedKey(100, { reply: answering(away(503, '86400')) })
    await key.ask('1', 'walk')
    await key.ask('2', 'update')
    expect(key.now).toBe(WINDOW_MS)
  })

  test('as a date counts from the Date of the answer', async () => {
    const headers = {
      date: 'Sat, 02 May 2026 14:00:00 GMT',
      'retry-after': 'Sat, 02 May 2026 14:00:12 GMT',
    }
    const key = new LimitedKey(100, { reply: answering({ status: 503, headers }) })
    await key.ask('1', 'walk')
    await key.ask('2', 'update')
    expect(key.now).toBe(12_000)
  })

  test('of a success is none', async () => {
    const key = new LimitedKey(100, { reply: answering(away(200, '7')) })
    await key.ask('1', 'walk')
    await key.ask('2', 'update')
    expect(key.now).toBe(0)
  })
})

test('the wait of a call that is tried again goes on beside that of all requests: nobody waits twice', async () => {
  const refusal = { ...OVER_RATE, headers: { 'retry-after': '7' } }
  const count = d({ Results: [], Pagination: { TotalRows: 1 } })
  const key = new LimitedKey(10_000, { reply: answering(refusal, refusal, count) })
  const sleep: Timer['sleep'] = (ms, signal) => key.timer.sleep(ms, signal)
  const source = sourceOn(key.limiter, TOKEN, { clock: { now: () => NOW, sleep }, random: () => 1 })
  expect(await source.count(LISTINGS, '', 'update', NEVER)).toBe(1)
  expect(key.events.map(({ at }) => at)).toEqual([0, 7_000, 14_000])
})

test('two processes with one key, which cannot see each other, come to share what the source grants', async () => {
  const reply = granting(200)
  const one = new LimitedKey(400, { latencyMs: () => 20, reply })
  const other = new LimitedKey(400, { latencyMs: () => 20, reply }, one.timer)
  const walk = async (key: LimitedKey): Promise<void> => {
    while (key.now < 40 * WINDOW_MS) await key.ask('page', 'walk')
  }
  await Promise.all([walk(one), walk(other)])
  const late = (key: LimitedKey) => key.sent.filter(({ at }) => at > 20 * WINDOW_MS).length
  const refused = [...one.events, ...other.events].filter(
    (event) => 'status' in event && event.status === 429,
  )
  expect(refused.length / (one.sent.length + other.sent.length)).toBeLessThan(0.03)
  expect(late(one) / (late(one) + late(other))).toBeGreaterThan(0.25)
  expect(late(other) / (late(one) + late(other))).toBeGreaterThan(0.25)
  expect(mostInWindow(one.sent.map(({ at }) => at))).toBeLessThanOrEqual(400)
})
