import { expect, test } from 'vitest'

import { learnTotals } from '../../../src/app/compose/learn-totals.ts'
import type { FeedState } from '../../../src/domain/feed-state.ts'
import type { ResourceName } from '../../../src/domain/resource.ts'
import { WalkTotals } from '../../../src/ops/walk-totals.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const FRESH: FeedState = { generation: 1, source: null, watermarks: new Map(), passes: new Map() }

/** Answers when it is told to. */
class CountingSource {
  readonly #asked = new Map<ResourceName, PromiseWithResolvers<number>>()

  count({ name }: { readonly name: ResourceName }): Promise<number> {
    const asked = Promise.withResolvers<number>()
    this.#asked.set(name, asked)
    return asked.promise
  }

  answer(name: ResourceName, count: number): void {
    this.#asked.get(name)?.resolve(count)
  }

  refuse(name: ResourceName): void {
    this.#asked.get(name)?.reject(new Error('refused'))
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is learned is told once, when every resource has been answered for or refused', async () => {
  const totals = new WalkTotals()
  const source = new CountingSource()
  const told: number[] = []
  using _ = learnTotals(totals, [LISTINGS, ACCOUNTS], FRESH, source, () => told.push(totals.all.size))
  source.answer(LISTINGS.name, 900)
  await turn()
  expect(told).toEqual([])
  source.refuse(ACCOUNTS.name)
  await turn()
  expect(told).toEqual([1])
})

test('nothing is told after the end of the feed', async () => {
  const source = new CountingSource()
  const told: string[] = []
  learnTotals(new WalkTotals(), [LISTINGS], FRESH, source, () => told.push('learned'))[Symbol.dispose]()
  source.answer(LISTINGS.name, 900)
  await turn()
  expect(told).toEqual([])
})
