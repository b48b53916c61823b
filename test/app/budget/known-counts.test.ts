import { expect, test } from 'vitest'

import { countedResources, NOTHING_GIVEN } from '../../../src/app/budget/known-counts.ts'
import type { PassProgress, PassTrack } from '../../../src/domain/pass.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { progressOf } from '../../ops/progress.ts'

const WINDOW_MS = 25 * 60_000

function passes(
  ...list: readonly (readonly [PassTrack, Partial<PassProgress>])[]
): ReadonlyMap<PassTrack, PassProgress> {
  return new Map(list.map(([track, over]) => [track, progressOf({ state: 'completed', ...over })]))
}

test('what is given goes before what the checkpoints know, and that before what is assumed', () => {
  const known = passes(
    [`${LISTINGS.name}/snapshot`, { walked: 900 }],
    [`${LISTINGS.name}/purge`, { walked: 1_000 }],
    [`${LISTINGS.name}/update`, { walked: 25 }],
    [`${ACCOUNTS.name}/snapshot`, { walked: 50 }],
  )
  const given = { records: new Map([[ACCOUNTS.name, 70]]), changesPerDay: new Map() }
  expect(countedResources([LISTINGS, ACCOUNTS], given, known, WINDOW_MS)).toEqual([
    {
      resource: LISTINGS,
      records: 1_000,
      recordsFrom: 'checkpoints',
      changesPerDay: 1_440,
      changesFrom: 'checkpoints',
    },
    { resource: ACCOUNTS, records: 70, recordsFrom: 'given', changesPerDay: 7, changesFrom: 'assumed' },
  ])
})

test('a walk that is not at its end does not know how many there are, and a quiet update not how many change', () => {
  const known = passes(
    [`${LISTINGS.name}/snapshot`, { walked: 900, state: 'running' }],
    [`${ACCOUNTS.name}/snapshot`, { walked: 50 }],
    [`${ACCOUNTS.name}/update`, { walked: 0 }],
  )
  expect(countedResources([LISTINGS, ACCOUNTS], NOTHING_GIVEN, known, WINDOW_MS)).toMatchObject([
    { records: 0, recordsFrom: 'assumed', changesPerDay: 0 },
    { records: 50, changesPerDay: 5, changesFrom: 'assumed' },
  ])
})
