import { expect, test } from 'vitest'

import { Slots } from '../../src/support/slots.ts'

const STOP = new Error('stop')

/** Work that goes on until it is told to end. */
function job(slots: Slots, name: string, begun: string[], signal?: AbortSignal) {
  const end = Promise.withResolvers<void>()
  const done = slots.run(async () => {
    begun.push(name)
    await end.promise
  }, signal)
  done.catch(() => undefined)
  return { end: end.resolve, fail: end.reject, done }
}

/** All that is due by then has been done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many run at a time, and the others in the order in which they came', async () => {
  const slots = new Slots(2)
  const begun: string[] = []
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => job(slots, name, begun))
  await settled()
  expect(begun).toEqual(['a', 'b'])
  b!.end()
  await b!.done
  await settled()
  expect(begun).toEqual(['a', 'b', 'c'])
  a!.fail(STOP)
  await expect(a!.done).rejects.toBe(STOP)
  await settled()
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  c!.end()
  d!.end()
  await Promise.all([c!.done, d!.done])
})

test('who leaves while it waits has taken no slot from the others', async () => {
  const slots = new Slots(1)
  const begun: string[] = []
  const leaver = new AbortController()
  const first = job(slots, 'first', begun)
  const second = job(slots, 'second', begun, leaver.signal)
  const third = job(slots, 'third', begun)
  leaver.abort(STOP)
  await expect(second.done).rejects.toBe(STOP)
  first.end()
  await first.done
  await settled()
  expect(begun).toEqual(['first', 'third'])
  third.end()
  await third.done
  const fourth = job(slots, 'fourth', begun)
  await settled()
  expect(begun).toEqual(['first', 'third', 'fourth'])
  fourth.end()
  await fourth.done
})
