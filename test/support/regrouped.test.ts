import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { regrouped } from '../../src/support/regrouped.ts'

async function* each<T>(batches: readonly (readonly T[])[]): AsyncGenerator<readonly T[]> {
  yield* batches
}

test('batches of any size come again in their order, full but for the last one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(), { maxLength: 9 })),
      fc.integer({ min: 1, max: 5 }),
      async (batches, size) => {
        const again = await Array.fromAsync(regrouped(each(batches), size))
        expect(again.flat()).toEqual(batches.flat())
        expect(again.slice(0, -1).every(({ length }) => length === size)).toBe(true)
        expect(again.every(({ length }) => length > 0 && length <= size)).toBe(true)
      },
    ),
  )
})
