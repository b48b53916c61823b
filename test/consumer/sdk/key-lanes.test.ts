import { describe, expect, test } from 'vitest'

import { KeyLanes } from '../../../src/consumer/sdk/key-lanes.ts'

interface Task {
  readonly name: string
  readonly done: PromiseWithResolvers<void>
}

const task = (name: string): Task => ({ name, done: Promise.withResolvers() })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('lanes of keys', () => {
  test('one key goes in order, others beside it, and never more than there are places', async () => {
    const begun: string[] = []
    const lanes = new KeyLanes<Task>(
      (item, inTurn) =>
        inTurn(() => {
          begun.push(item.name)
          return item.done.promise
        }),
      2,
    )
    const [a1, a2, b1, c1] = [task('a1'), task('a2'), task('b1'), task('c1')]
    for (const item of [a1, a2, b1, c1]) lanes.add(item.name.slice(0, 1), item)
    await turn()
    expect(begun).toEqual(['a1', 'b1'])
    a1.done.resolve()
    await turn()
    expect(begun).toEqual(['a1', 'b1', 'c1'])
    b1.done.resolve()
    await turn()
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2'])
  })

  test('a key that waits outside of its turn holds up nobody else', async () => {
    const begun: string[] = []
    const waits = Promise.withResolvers<void>()
    const lanes = new KeyLanes<string>(async (item, inTurn) => {
      await inTurn(async () => void begun.push(item))
      if (item === 'slow') await waits.promise
    }, 1)
    lanes.add('a', 'slow')
    lanes.add('a', 'behind it')
    lanes.add('b', 'other')
    await turn()
    expect(begun).toEqual(['slow', 'other'])
    waits.resolve()
    await turn()
    expect(begun).toEqual(['slow', 'other', 'behind it'])
  })
})
