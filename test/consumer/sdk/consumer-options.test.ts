import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { consumeListings, handleListings } from '../../../src/index.ts'

// Nothing answers there: whoever connects is told something else.
const WHERE = { brokers: ['127.0.0.1:1'], registry: 'http://127.0.0.1:1' }
const OF_FEED = [
  'checkpoints',
  'control',
  'dead-letters',
  'listings',
  'listing-photos',
  'listing-rows',
  'later',
]

describe("a topic of the feed's own", () => {
  test('is refused for dead letters by its name, before anything is connected', async () => {
    for (const name of OF_FEED) {
      const choice = { deadLetter: `spark.${name}` }
      const refused = expect.objectContaining({
        code: 'CONSUMER_OPTIONS',
        message: expect.stringContaining('cleanup.policy=delete'),
      })
      expect(() => consumeListings({ ...WHERE, onUnreadable: choice })).toThrow(refused)
      for (const options of [{ onUnreadable: choice }, { onFailure: choice }]) {
        await expect(handleListings({ ...WHERE, ...options }, async () => {})).rejects.toEqual(refused)
      }
    }
  })

  test('is one that begins with the prefix that is read and a point, and no other', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)
    fc.assert(
      fc.property(part, part, part, (prefix, name, beginning) => {
        const ask = (deadLetter: string) => () =>
          consumeListings({ ...WHERE, prefix, onUnreadable: { deadLetter } })
        expect(ask(`${prefix}.${name}`)).toThrow(`onUnreadable.deadLetter is ${prefix}.${name}`)
        expect(ask(`${prefix}-${name}`)).not.toThrow()
        expect(ask(`${beginning}-.${prefix}.${name}`)).not.toThrow()
      }),
    )
  })
})
