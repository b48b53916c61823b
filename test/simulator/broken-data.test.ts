import { expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { control, get, NOW } from './spark-request.ts'

test('each page that is to show a listing of a broken second whole fails with 500/1026, until that is mended', async () => {
  await using server = await startSimulator({ listings: 30, clock: () => NOW })
  const second = '2026-05-02T14:00:07Z'
  const [key = ''] = server.simulator.listings.apply({ action: 'touch', at: second }).keys
  await control(server, 'POST', 'behaviour', { brokenSeconds: [second] })
  const around = (after: string, until: string) => ({
    _limit: '10',
    _skiptoken: '',
    _filter: `ModificationTimestamp Gt 2026-05-02T14:00:${after}Z And ModificationTimestamp Le 2026-05-02T14:00:${until}Z`,
  })
  const asked = async (path: string, params: Readonly<Record<string, string>>) => {
    const { status, D } = await get(server, path, params)
    return [status, D.Code, D.Results?.length]
  }
  expect(await asked('/v1/listings', around('00', '09'))).toEqual([500, 1026, undefined])
  expect(await asked('/v1/listings', around('00', '06'))).toEqual([200, undefined, 0])
  expect(await asked('/v1/listings', around('07', '09'))).toEqual([200, undefined, 0])
  expect(await asked('/v1/listings', { ...around('00', '09'), _select: 'ListingKey' })).toEqual([
    200,
    undefined,
    1,
  ])
  expect(await asked(`/v1/listings/${key}`, {})).toEqual([500, 1026, undefined])
  const count = await get(server, '/v1/listings', { ...around('00', '09'), _pagination: 'count' })
  expect(count.D.Pagination?.['TotalRows']).toBe(1)

  await control(server, 'POST', 'behaviour', { brokenSeconds: [] })
  expect(await asked('/v1/listings', around('00', '09'))).toEqual([200, undefined, 1])
})
