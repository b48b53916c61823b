import { expect, test } from 'vitest'

import { orAborted } from '../../src/support/abort.ts'
import { together } from '../../src/support/together.ts'

const never = new AbortController().signal
const endless = new Promise<never>(() => undefined)

test('ends when all tasks have', async () => {
  const done: number[] = []
  await together([async () => void done.push(1), async () => void done.push(2)], never)
  expect(done).toEqual([1, 2])
})

test('the results stand in the order of the tasks, whichever ends first', async () => {
  const first = Promise.withResolvers<string>()
  const second = async (): Promise<number> => {
    first.resolve('late')
    return await Promise.resolve(2)
  }
  const [text, number] = await together([() => first.promise, second], never)
  expect([text.length, number]).toEqual([4, 2])
})

test('the first failure aborts the others with it, and is thrown when they have ended', async () => {
  const failure = new Error('first')
  const ended: unknown[] = []
  const slow = async (signal: AbortSignal): Promise<void> => {
    try {
      await orAborted(endless, signal)
    } catch (error) {
      await Promise.resolve()
      ended.push(error)
      throw new Error('second', { cause: error })
    }
  }
  await expect(together([slow, () => Promise.reject(failure), slow], never)).rejects.toBe(failure)
  expect(ended).toEqual([failure, failure])
})

test('an abort from outside reaches all of them', async () => {
  const stopper = new AbortController()
  const running = together([(signal) => orAborted(endless, signal)], stopper.signal)
  const reason = new Error('stop')
  stopper.abort(reason)
  await expect(running).rejects.toBe(reason)
})
