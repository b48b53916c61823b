import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'

import type { CaughtUp } from '../../../../src/consumer/sdk/change.ts'
import { memoryPrevious } from '../../../../src/consumer/sdk/previous/previous-store.ts'
import { withPrevious, type ChangeWithPrevious } from '../../../../src/consumer/sdk/previous/with-previous.ts'
import { deleted, eventOf, stream, tombstoneOf, upserted, type AnyChange, type Event } from './changes.ts'

async function all<T>(changes: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(changes)
}

/** Of each change, by its id. */
function befores(
  changes: readonly (ChangeWithPrevious<Event, object> | CaughtUp)[],
): readonly (readonly [string, unknown])[] {
  return changes.flatMap((change) =>
    change.type === 'caught-up' ? [] : [[change.id, change.before] as const],
  )
}

describe('a loop with previous states', () => {
  const history: readonly AnyChange[] = [
    upserted({ key: 'A', offset: 1 }, { ListPrice: 10, City: 'Fargo' }),
    upserted({ key: 'B', offset: 2 }, { ListPrice: 5 }),
    upserted({ key: 'A', offset: 3 }, { ListPrice: 9, City: 'Fargo' }),
    deleted({ key: 'A', offset: 4 }),
    upserted({ key: 'A', offset: 6 }, { ListPrice: 8 }),
  ]

  test('gets with each change what was there before it, and which fields differ', async () => {
    const seen = await all(withPrevious(memoryPrevious(), stream(history)))
    expect(befores(seen)).toEqual([
      ['A-1', null],
      ['B-2', null],
      ['A-3', eventOf('A', { ListPrice: 10, City: 'Fargo' })],
      ['A-4', eventOf('A', { ListPrice: 9, City: 'Fargo' })],
      ['A-6', null],
    ])
    const fields = seen.map((change) => (change.type === 'upserted' ? change.changedFields : change.type))
    expect(fields).toEqual([
      ['standardFields.ListPrice', 'standardFields.City'],
      ['standardFields.ListPrice'],
      ['standardFields.ListPrice'],
      'deleted',
      ['standardFields.ListPrice'],
    ])
  })

  test('is told that it has caught up', async () => {
    const caughtUp = { type: 'caught-up' } as const
    expect(
      await all(withPrevious(memoryPrevious(), stream([caughtUp, ...history.slice(0, 1)]))),
    ).toMatchObject([caughtUp, { id: 'A-1' }])
  })

  test('has not handled the change at which it is left', async () => {
    const store = memoryPrevious()
    for await (const change of withPrevious(store, stream(history))) {
      if (change.type !== 'caught-up' && change.id === 'A-3') break
    }
    const [next] = await all(withPrevious(store, stream(history.slice(2))))
    expect(next).toMatchObject({ id: 'A-3', before: eventOf('A', { ListPrice: 10, City: 'Fargo' }) })
  })

  test('closes what it reads, also if that was never begun with', async () => {
    let closed = 0
    const changes = Object.assign(stream(history), { [Symbol.asyncDispose]: async () => void (closed += 1) })
    {
      await using _ = withPrevious(memoryPrevious(), changes)
    }
    expect(closed).toBe(1)
  })

  test('keeps the types of the events', () => {
    type Seen = ChangeWithPrevious<Event, object>
    const seen = withPrevious(memoryPrevious(), stream(history))
    expectTypeOf(seen).toExtend<AsyncIterable<Seen | CaughtUp>>()
    expectTypeOf<Extract<Seen, { type: 'deleted' }>['before']>().toEqualTypeOf<Event | null>()
  })
})

describe('what was handled already is left out', () => {
  const price = (ListPrice: number): object => ({ ListPrice })
  const first = upserted({ key: 'A', offset: 5 }, price(5))
  const after = async (handled: readonly AnyChange[], again: readonly AnyChange[]): Promise<string[]> => {
    const store = memoryPrevious()
    await all(withPrevious(store, stream(handled)))
    return befores(await all(withPrevious(store, stream(again)))).map(([id]) => id)
  }

  test('when it comes again', async () => {
    const second = upserted({ key: 'A', offset: 6 }, price(6))
    expect(
      await after([first, second], [first, second, upserted({ key: 'A', offset: 7 }, price(7))]),
    ).toEqual(['A-7'])
  })

  test('a delete also when compaction has left its tombstone alone', async () => {
    const gone = deleted({ key: 'A', offset: 6 })
    expect(await after([first, gone], [tombstoneOf(gone)])).toEqual([])
  })

  test("also where the source's clock went back between two changes", async () => {
    const second = upserted({ key: 'A', offset: 6, observed: 4 }, price(6))
    expect(await after([first, second], [first, second])).toEqual([])
  })

  test('but not in a topic that was made anew: its offsets are low, but the source was asked later', async () => {
    expect(await after([first], [upserted({ key: 'A', offset: 0, observed: 100 }, price(5))])).toEqual([
      'A-0',
    ])
  })

  test('by the time it was seen at, where partitions were added and the key has moved', async () => {
    const moved = upserted({ key: 'A', offset: 0, partition: 3, observed: 9 }, price(9))
    expect(await after([first, moved], [first, moved])).toEqual([])
    expect(await after([first], [first, moved])).toEqual(['A-0'])
  })

  test('not what another topic has under the same key', async () => {
    expect(await after([first], [{ ...first, topic: 'spark.listing-photos' }])).toEqual(['A-5'])
  })
})

describe('a handler with previous states', () => {
  test('handles each change once its promise resolves, and has the same before when it is tried again', async () => {
    const store = memoryPrevious()
    const seen: unknown[] = []
    const handler = withPrevious(
      store,
      async (change: ChangeWithPrevious<Event, object>, { attempt }: { attempt: number }) => {
        seen.push([change.id, change.before?.listing.standardFields ?? null, attempt])
        if (change.id === 'A-2' && attempt < 3) throw new Error('not now')
      },
    )
    const changes = [
      upserted({ key: 'A', offset: 1 }, { x: 1 }),
      upserted({ key: 'A', offset: 2 }, { x: 2 }),
    ] as const
    await handler(changes[0], { attempt: 1 })
    for (const attempt of [1, 2]) await expect(handler(changes[1], { attempt })).rejects.toThrow('not now')
    await handler(changes[1], { attempt: 3 })
    await handler(changes[1], { attempt: 1 })
    expect(seen).toEqual([
      ['A-1', null, 1],
      ['A-2', { x: 1 }, 1],
      ['A-2', { x: 1 }, 2],
      ['A-2', { x: 1 }, 3],
    ])
  })
})

/** Where a reader stops: before the loop's body has ended, or after it, or after the store was written. */
type Crash = 'handling' | 'handled' | 'remembered'

test('however often readers crash and go on from what they had acknowledged, each change is handled in order with the right before, and twice only if the crash came between its end and the store', async () => {
  const steps = fc.array(fc.record({ key: fc.constantFrom('A', 'B', 'C'), gone: fc.boolean() }), {
    minLength: 1,
    maxLength: 25,
  })
  const runs = fc.array(
    fc.record({
      length: fc.nat(8),
      back: fc.nat(6),
      crash: fc.constantFrom<Crash>('handling', 'handled', 'remembered'),
    }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(steps, runs, async (steps, runs) => {
      const history = historyOf(steps)
      const store = memoryPrevious()
      const handled: string[] = []
      const mayComeTwice = new Set<string>()
      let acknowledged = 0
      for (const { length, back, crash } of [
        ...runs,
        { length: Infinity, back: 0, crash: 'remembered' as const },
      ]) {
        // What is acknowledged is committed later.
        const from = Math.max(0, acknowledged - back)
        let last = -1
        const source = history
          .slice(from, from + length)
          .map((change, index) => ({ change, at: from + index }))
        const changes = (async function* () {
          for (const { change, at } of source) {
            last = at
            yield change
            acknowledged = Math.max(acknowledged, at + 1)
          }
        })()
        const reading = withPrevious(
          crash === 'handled' ? failingAt(store, () => last === source.at(-1)?.at) : store,
          changes,
        )
        try {
          for await (const change of reading) {
            if (change.type === 'caught-up') continue
            if (crash === 'handling' && last === source.at(-1)?.at) break
            expect([change.id, change.before]).toEqual([change.id, beforeOf(history, change.id)])
            handled.push(change.id)
            if (crash === 'handled' && last === source.at(-1)?.at) mayComeTwice.add(change.id)
          }
        } catch (error) {
          expect(error).toBe(POWER_CUT)
        }
      }
      const once = handled.filter((id, index) => handled.indexOf(id) === index)
      expect(once.toSorted()).toEqual(history.map(({ id }) => id).toSorted())
      for (const key of ['A', 'B', 'C']) {
        expect(once.filter((id) => id.startsWith(key))).toEqual(
          history.map(({ id }) => id).filter((id) => id.startsWith(key)),
        )
      }
      const twice = handled.filter((id, index) => handled.indexOf(id) !== index)
      expect(twice.filter((id) => !mayComeTwice.has(id))).toEqual([])
    }),
    { numRuns: 200 },
  )
})

const POWER_CUT = new Error('the power is gone')

function failingAt(store: ReturnType<typeof memoryPrevious>, now: () => boolean) {
  return {
    get: (key: string) => store.get(key),
    set: async (...args: Parameters<typeof store.set>) => {
      if (now()) throw POWER_CUT
      await store.set(...args)
    },
  }
}

function historyOf(steps: readonly { readonly key: string; readonly gone: boolean }[]): readonly AnyChange[] {
  const live = new Set<string>()
  let offset = 0
  return steps.map(({ key, gone }) => {
    const isDelete = gone && live.has(key)
    const change = isDelete ? deleted({ key, offset }) : upserted({ key, offset }, { ListPrice: offset })
    if (isDelete) live.delete(key)
    else live.add(key)
    offset = change.nextOffset
    return change
  })
}

/** The event of the change of the key before. */
function beforeOf(history: readonly AnyChange[], id: string): unknown {
  const at = history.findIndex((change) => change.id === id)
  const before = history.slice(0, at).findLast(({ key }) => key === history[at]?.key)
  return before?.type === 'upserted' ? before.event : null
}
