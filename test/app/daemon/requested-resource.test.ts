import { expect, test } from 'vitest'

import { requestedList } from '../../../src/app/daemon/requested-resource.ts'
import { LISTING_SETS } from '../../../src/resources/listing-sets.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

const [PHOTOS] = LISTING_SETS
const REPLICATED = [{ ...LISTINGS, subresources: [PHOTOS] }]

test('of what is replicated, a list has deletes of its own, and a set goes with its record', () => {
  expect(requestedList(REPLICATED, LISTINGS.name)).toBe(REPLICATED[0])
  expect(() => requestedList(REPLICATED, PHOTOS.name)).toThrow(
    expect.objectContaining({ code: 'NO_PURGE', message: expect.stringContaining('purge of listings') }),
  )
  expect(() => requestedList(REPLICATED, 'accounts')).toThrow(
    expect.objectContaining({ code: 'RESOURCE_NOT_REPLICATED', status: 404 }),
  )
})
