import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { SerialQueue } from '../../src/support/serial-queue.ts'

test('tasks run one at a time, in the order they were given, failed ones too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat({ max: 3 }), fc.boolean())), async (tasks) => {
      const queue = new SerialQueue()
      const log: string[] = []
      const results = tasks.map(([turns, fails], i) =>
        queue.run(async () => {
          log.push(`begin ${i}`)
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
          log.push(`end ${i}`)
          if (fails) throw new Error('failed')
        }),
      )
      await Promise.allSettled(results)
      await queue.idle()
      expect(log).toEqual(tasks.flatMap((_, i) => [`begin ${i}`, `end ${i}`]))
    }),
  )
})

test('a task whose signal aborts while it waits never begins, rejects at once, and the next one has its turn', async () => {
  const queue = new SerialQueue()
  const first = Promise.withResolvers<void>()
  const begun: string[] = []
  const running = queue.run(async () => {
    begun.push('first')
    await first.promise
  })
  const stop = new AbortController()
  const waiting = queue.run(async () => void begun.push('second'), stop.signal)
  const third = queue.run(async () => void begun.push('third'))
  stop.abort(new Error('nobody waits'))
  await expect(waiting).rejects.toThrow('nobody waits')
  expect(begun).toEqual(['first'])
  first.resolve()
  await Promise.all([running, third, queue.idle()])
  expect(begun).toEqual(['first', 'third'])
})

test('a task that has begun is not touched by its signal', async () => {
  const queue = new SerialQueue()
  const stop = new AbortController()
  const result = queue.run(async () => {
    stop.abort()
    await Promise.resolve()
    return 'done'
  }, stop.signal)
  expect(await result).toBe('done')
  await expect(queue.run(async () => 'never', stop.signal)).rejects.toThrow()
})
