import { expect, test } from 'vitest'

import { countedResources, NOTHING_GIVEN } from '../../../src/app/budget/known-counts.ts'
import { NO_OUTCOMES, passId, type PassProgress, type PassTrack } from '../../../src/domain/pass.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

function passes(
  ...list: readonly (readonly [PassTrack, Partial<PassProgress>])[]
): ReadonlyMap<PassTrack, PassProgress> {
  return new Map(list.map(([track, over]) => [track, progressOf({ state: 'completed', ...over })]))
}

test('what is given goes before what the checkpoints know; how many change in a day, one update does not say', () => {
  const known = passes(
    [`${LISTINGS.name}/snapshot`, { walked: 900 }],
    [`${LISTINGS.name}/purge`, { walked: 1_000 }],
    [`${LISTINGS.name}/update`, { walked: 1_341, counts: { ...NO_OUTCOMES, published: 500 } }],
    [`${ACCOUNTS.name}/snapshot`, { walked: 50 }],
  )
  const given = { records: new Map([[ACCOUNTS.name, 70]]), changesPerDay: new Map([[ACCOUNTS.name, 9]]) }
  expect(countedResources([LISTINGS, ACCOUNTS], given, known)).toEqual([
    {
      resource: LISTINGS,
      records: 1_000,
      recordsFrom: 'checkpoints',
      changesPerDay: 100,
      changesFrom: 'assumed',
    },
    { resource: ACCOUNTS, records: 70, recordsFrom: 'given', changesPerDay: 9, changesFrom: 'given' },
  ])
})

test('a walk that is not at its end does not know how many there are', () => {
  const known = passes(
    [`${LISTINGS.name}/snapshot`, { walked: 900, state: 'running' }],
    [`${ACCOUNTS.name}/snapshot`, { walked: 50 }],
  )
  expect(countedResources([LISTINGS, ACCOUNTS], NOTHING_GIVEN, known)).toMatchObject([
    { records: 0, recordsFrom: 'assumed', changesPerDay: 0 },
    { records: 50, changesPerDay: 5, changesFrom: 'assumed' },
  ])
})

test('an approval of held deletes walks nothing, and does not say how many there are', () => {
  const known = passes([`${LISTINGS.name}/purge`, { pass: 'purge', walked: 0, decidesOn: passId('sweep-1') }])
  expect(countedResources([LISTINGS], NOTHING_GIVEN, known)).toMatchObject([{ recordsFrom: 'assumed' }])
})
