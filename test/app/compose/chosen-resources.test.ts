import { expect, test } from 'vitest'

import { chosenResources, requireChosen } from '../../../src/app/compose/chosen-resources.ts'
import { RESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { OFFICES } from '../../fixtures/resources.ts'

const feed = (...resources: string[]) => ({ topicPrefix: 'spark', dataDir: './data', resources })

test('what RESOURCES names is replicated, in the order of the list', () => {
  const names = RESOURCES.map(({ name }) => name)
  expect(chosenResources(feed(...names.toReversed()))).toEqual(RESOURCES)
  expect(chosenResources(feed('listings'))).toEqual([LISTINGS])
})

test('a name that is no resource is a mistake in the settings, which names those that there are', () => {
  expect(() => chosenResources(feed('listings', 'boats'))).toThrow(
    expect.objectContaining({
      code: 'SETTINGS_INVALID',
      exitCode: 2,
      message: expect.stringMatching(/RESOURCES: There is no resource boats\. There are: listings/),
    }),
  )
})

test('a pass of what is not replicated is refused, with what would have to be set', () => {
  expect(requireChosen(feed('listings'), LISTINGS)).toBeUndefined()
  expect(() => requireChosen(feed('listings'), OFFICES)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining(`Example: listings,${OFFICES.name}`),
    }),
  )
})
