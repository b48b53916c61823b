import { expect, test } from 'vitest'

import { passId } from '../../src/domain/pass.ts'
import { holdKey, parseHoldKey } from '../../src/feed/hold-key.ts'
import { LISTING_SETS } from '../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

test.each([LISTINGS.name, LISTING_SETS[0].name])(
  'the key of a record of holds of %s comes back as it was',
  (resource) => {
    for (const chunk of [0, 7, 12_345]) {
      const id = { resource, passId: passId('0b9d-1'), chunk }
      expect(parseHoldKey(holdKey(id))).toEqual(id)
    }
  },
)

test.each([
  '',
  'listings',
  'listings/p',
  'listings/p/',
  'listings/p/01',
  'listings/p/-1',
  'Listings/p/0',
  'a/b/c/0',
])('what is none is passed over: %j', (text) => expect(parseHoldKey(text)).toBeUndefined())
