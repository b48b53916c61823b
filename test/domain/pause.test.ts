import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { pauseOf, withoutPause, withPause, type Pause } from '../../src/domain/pause.ts'
import { ACCOUNTS } from '../../src/resources/accounts.ts'
import { SUBRESOURCES } from '../../src/resources/index.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const NOW = instant(Date.UTC(2026, 4, 2))
const LATER = instant(NOW + 1_000)
const PHOTOS = SUBRESOURCES.find(({ part }) => part === 'photos') ?? expect.unreachable()

function pause(changes: Partial<Pause> = {}): Pause {
  return { resource: null, since: NOW, until: null, ...changes }
}

test('a pause of the feed keeps everything, one of a resource its own passes and those of its sets', () => {
  for (const of of [LISTINGS, PHOTOS, ACCOUNTS]) expect(pauseOf([pause()], of, NOW)).toBeDefined()
  const ofListings = [pause({ resource: LISTINGS.name })]
  expect(pauseOf(ofListings, LISTINGS, NOW)).toBeDefined()
  expect(pauseOf(ofListings, PHOTOS, NOW)).toBeDefined()
  expect(pauseOf(ofListings, ACCOUNTS, NOW)).toBeUndefined()
  expect(pauseOf([pause({ resource: PHOTOS.name })], LISTINGS, NOW)).toBeUndefined()
})

test('one that has an end is over by itself, and goes with the next change', () => {
  const short = pause({ until: LATER })
  expect(pauseOf([short], LISTINGS, NOW)).toBe(short)
  expect(pauseOf([short], LISTINGS, LATER)).toBeUndefined()
  const next = pause({ resource: LISTINGS.name, since: LATER })
  expect(withPause([short], next)).toEqual([next])
})

test('a second pause of the same takes the place of the first; ending one leaves the others', () => {
  const first = pause({ resource: LISTINGS.name })
  const second = pause({ resource: LISTINGS.name, until: LATER })
  const other = pause({ resource: ACCOUNTS.name })
  const all = withPause(withPause(withPause([], first), other), second)
  expect(all).toEqual([other, second])
  expect(withoutPause(all, LISTINGS.name, NOW)).toEqual([other])
  expect(withoutPause(all, null, NOW)).toEqual([])
})
