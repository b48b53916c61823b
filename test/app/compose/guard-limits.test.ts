import { describe, expect, test } from 'vitest'

import { guardLimits } from '../../../src/app/compose/guard-limits.ts'
import { formatByResource } from '../../../src/config/by-resource.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { ACCOUNTS } from '../../../src/resources/accounts.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { OPEN_HOUSES } from '../../../src/resources/openhouses.ts'

function guard(env: Readonly<Record<string, string>>) {
  return loadSettings(['passes'], { env, file: '/not/there' }).passes.guard
}

describe('the limits of the guard (R10)', () => {
  test('are those for all resources, but where a resource is named', () => {
    const limits = guardLimits(
      guard({ PURGE_MAX_DELETES: 'accounts=20, 200', PURGE_MAX_RATIO: '0.1,openhouses=1' }),
    )
    expect(limits(LISTINGS.name)).toEqual({ maxDeletes: 200, maxRatio: 0.1, hardMax: 5_000, mayHalve: false })
    expect(limits(ACCOUNTS.name)).toMatchObject({ maxDeletes: 20, maxRatio: 0.1, mayHalve: false })
    expect(limits(OPEN_HOUSES.name)).toMatchObject({ maxDeletes: 200, maxRatio: 1, mayHalve: true })
  })

  test('let half of a resource go only where that is said of it by name', () => {
    expect(guardLimits(guard({ PURGE_MAX_RATIO: '1' }))(LISTINGS.name).mayHalve).toBe(false)
    expect(guardLimits(guard({ PURGE_MAX_RATIO: 'listings=0.4' }))(LISTINGS.name).mayHalve).toBe(false)
  })

  test('of a resource that there is not are a mistake of the settings', () => {
    expect(() => guardLimits(guard({ PURGE_HARD_MAX: '5000,acounts=10' }))).toThrow(
      /PURGE_HARD_MAX: There is no resource named acounts\. There are: listings, accounts/,
    )
  })

  test('are the same for a daemon and a command, in whatever order they are written', () => {
    const texts = ['accounts=20,100,contacts=5', 'contacts=5, accounts=20'].map((PURGE_MAX_DELETES) =>
      formatByResource(guard({ PURGE_MAX_DELETES }).maxDeletes),
    )
    expect(texts).toEqual(['100,accounts=20,contacts=5', '100,accounts=20,contacts=5'])
  })
})
