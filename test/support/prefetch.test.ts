import { describe, expect, test } from 'vitest'

import { sleep } from '../../src/support/abort.ts'
import { prefetch } from '../../src/support/prefetch.ts'

/** Counts what it was asked for; its items come when they are asked for. */
class Items {
  asked = 0
  closed = false

  async *[Symbol.asyncIterator](): AsyncGenerator<number, void, undefined> {
    try {
      for (let item = 1; item <= 5; item += 1) {
        this.asked = item
        if (item === 4) throw new Error('the fourth fails')
        yield item
      }
    } finally {
      this.closed = true
    }
  }
}

const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('prefetch', () => {
  test.each([1, 2])('%i ahead of the caller, and no more (R14)', async (ahead) => {
    const items = new Items()
    for await (const item of prefetch(() => items, ahead, never)) {
      await settled()
      expect(items.asked).toBe(Math.min(item + ahead, 4))
      if (item === 3) break
    }
    expect(items.closed).toBe(true)
  })

  test('an error comes at its item, after all items before it', async () => {
    const items = new Items()
    const seen: number[] = []
    const all = async () => {
      for await (const item of prefetch(() => items, 2, never)) {
        seen.push(item)
        await settled()
      }
    }
    await expect(all()).rejects.toThrow('the fourth fails')
    expect(seen).toEqual([1, 2, 3])
  })

  test('what is under way when the caller stops is given up, not waited for', async () => {
    async function* slow(signal: AbortSignal): AsyncGenerator<number, void, undefined> {
      yield 1
      await sleep(600_000, signal)
    }
    for await (const item of prefetch(slow, 2, never)) if (item === 1) break
  })

  test('an abort by the caller reaches the source, with its reason', async () => {
    const stop = new AbortController()
    const all = Array.fromAsync(prefetch((signal) => failing(signal), 2, stop.signal))
    stop.abort(new Error('stopped'))
    await expect(all).rejects.toThrow('stopped')
  })
})

async function* failing(signal: AbortSignal): AsyncGenerator<number, void, undefined> {
  await sleep(600_000, signal)
  yield 1
}
