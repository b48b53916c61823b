import { expect, test } from 'vitest'

import {
  chosenResources,
  publishedResources,
  requireChosen,
  requireChosenList,
} from '../../../src/app/compose/chosen-resources.ts'
import { WHOLE } from '../../../src/domain/scope.ts'
import { RESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { OFFICES } from '../../fixtures/resources.ts'

const feed = (...resources: string[]) => ({ resources, subresources: [], listingsScope: WHOLE })

test('what RESOURCES names is replicated, in the order of the list', () => {
  const names = RESOURCES.map(({ name }) => name)
  expect(chosenResources(feed(...names.toReversed())).map(({ name }) => name)).toEqual(names)
  expect(chosenResources(feed('listings'))).toEqual([{ ...LISTINGS, subresources: [] }])
})

test('the scope of listings is theirs alone', () => {
  const listingsScope = { ...WHOLE, filter: "MlsId Eq '1'", expand: 'CustomFieldsRaw' }
  const chosen = chosenResources({ ...feed('listings', 'accounts'), listingsScope })
  expect(chosen.map(({ scope }) => scope)).toEqual([listingsScope, WHOLE])
})

test('a name that is no resource is a mistake in the settings, which names those that there are', () => {
  expect(() => chosenResources(feed('listings', 'boats'))).toThrow(
    expect.objectContaining({
      code: 'SETTINGS_INVALID',
      exitCode: 2,
      message: expect.stringMatching(/RESOURCES: There is no resource named boats\. There are: listings/),
    }),
  )
})

test('what SUBRESOURCES names is replicated with its listing, and has a topic after it', () => {
  const chosen = { ...feed('accounts', 'listings'), subresources: ['rooms', 'photos'] }
  const names = publishedResources(chosen).map(({ name }) => name)
  expect(names).toEqual(['listings', 'listing-photos', 'listing-rooms', 'accounts'])
})

test.each([
  [{ ...feed('listings'), subresources: ['photo'] }, /no subresource named photo\. There are: photos, /],
  [
    { ...feed('accounts'), subresources: ['photos'] },
    /SUBRESOURCES: photos belong to listings, which RESOURCES has to name, too\. Example: RESOURCES=accounts,listings/,
  ],
  [{ ...feed('listings', 'boats'), subresources: ['photo'] }, /named boats[^]*named photo\./],
])('a subresource that there is not is a mistake in the settings: %j', (chosen, message) => {
  expect(() => chosenResources(chosen)).toThrow(
    expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringMatching(message) }),
  )
})

test('a pass of what is not replicated is refused, with what would have to be set', () => {
  expect(requireChosen(feed('listings'), LISTINGS)).toEqual({ ...LISTINGS, subresources: [] })
  expect(() => requireChosen(feed('listings'), OFFICES)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining(`Example: listings,${OFFICES.name}`),
    }),
  )
  expect(() => requireChosen(feed('accounts', 'contacts'), LISTINGS)).toThrow(
    /without listings: name another one \(--resource accounts, --resource contacts\), or add it/,
  )
})

test('what takes lists alone is not advised to take their sets', () => {
  const chosen = { ...feed('listings'), subresources: ['photos'] }
  expect(() => requireChosen(chosen, OFFICES)).toThrow(/--resource listing-photos/)
  expect(() => requireChosenList(chosen, OFFICES)).toThrow(
    /name another one \(--resource listings\), or add it/,
  )
  expect(requireChosenList(chosen, LISTINGS)).toMatchObject({
    name: 'listings',
    subresources: [{ part: 'photos' }],
  })
})
