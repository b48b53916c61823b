import { expect, test, vi } from 'vitest'

import { Outbox } from '../../../src/ops/notifications/outbox.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'

const PASSING = new ListingstreamError('later', { code: 'X', retryable: true, retryAfterMs: 7_000 })
const LASTING = new ListingstreamError('never', { code: 'X', retryable: false, disposition: 'retry' })

function outbox(tries = 3) {
  const waits: number[] = []
  const dropped: (readonly [number, ListingstreamError | null])[] = []
  const box = new Outbox<number>({
    most: 3,
    tries,
    backoff: { baseMs: 1_000, capMs: 4_000 },
    timer: { sleep: async (ms) => void waits.push(ms) },
    random: () => 0.5,
    onDropped: (item, error) => dropped.push([item, error]),
  })
  const stop = new AbortController()
  const run = async (send: (item: number) => Promise<void>, until: () => boolean): Promise<void> => {
    const done = box.run(send, stop.signal)
    done.catch(() => undefined)
    await vi.waitUntil(until, { interval: 1 })
    stop.abort(new Error('stopped'))
    await expect(done).rejects.toThrow('stopped')
  }
  return { box, waits, dropped, run }
}

test('what is added is sent in its order, also what comes while nobody sends', async () => {
  const { box, run } = outbox()
  const sent: number[] = []
  box.add(1)
  box.add(2)
  await run(
    async (item) => {
      sent.push(item)
      if (item === 2) box.add(3)
    },
    () => sent.length === 3,
  )
  expect(sent).toEqual([1, 2, 3])
})

test('what fails is tried again, later and later and not before the other side wants it; then it is dropped', async () => {
  const { box, waits, dropped, run } = outbox(3)
  box.add(1)
  await run(
    () => Promise.reject(PASSING),
    () => dropped.length === 1,
  )
  expect(waits).toEqual([7_000, 7_000])
  expect(dropped).toEqual([[1, PASSING]])
})

test('what is refused is dropped at once, and the next one is sent', async () => {
  const { box, waits, dropped, run } = outbox()
  const sent: number[] = []
  box.add(1)
  box.add(2)
  await run(
    async (item) => {
      if (item === 1) throw LASTING
      sent.push(item)
    },
    () => sent.length === 1,
  )
  expect(waits).toEqual([])
  expect(dropped).toEqual([[1, LASTING]])
  expect(sent).toEqual([2])
})

test('with more than there is room for, the oldest goes', () => {
  const { box, dropped } = outbox()
  for (const item of [1, 2, 3, 4, 5]) box.add(item)
  expect(dropped).toEqual([
    [1, null],
    [2, null],
  ])
})
