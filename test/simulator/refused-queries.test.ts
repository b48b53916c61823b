import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { get, NOW, walk } from './spark-request.ts'

const clock = (): number => NOW

describe('what takes the API too long', () => {
  test.each([
    ['100', '', 200],
    ['101', '', 503],
    ['50', 'PrimaryPhoto', 200],
    ['51', 'PrimaryPhoto', 503],
    ['50', 'PrimaryPhoto,Videos', 503],
  ])(
    'a page of %s rows with the expansions "%s" is answered by %i (1515)',
    async (_limit, _expand, status) => {
      await using server = await startSimulator({ listings: 1, clock, behaviour: { pageCostLimit: 100 } })
      const reply = await get(server, '/v1/listings', { _limit, _expand })
      expect([reply.status, reply.D.Code]).toEqual([status, status === 200 ? undefined : 1515])
    },
  )

  test('is a search among too many rows, on each of its pages; not its count, and not a narrower one (1516)', async () => {
    await using server = await startSimulator({ listings: 50, clock, behaviour: { searchCostLimit: 10 } })
    const { simulator } = server
    const at = (second: string): string => `2026-05-02T13:00:${second}Z`
    simulator.listings.apply({ action: 'bulk-touch', count: 6, at: at('01') })
    simulator.listings.apply({ action: 'bulk-touch', count: 5, at: at('02') })
    const _filter = `ModificationTimestamp Gt ${at('00')}`
    const all = await get(server, '/v1/listings', { _limit: '5', _skiptoken: '', _filter })
    expect([all.status, all.D.Code]).toEqual([503, 1516])
    const count = await get(server, '/v1/listings', { _pagination: 'count', _filter })
    expect(count.D.Pagination?.['TotalRows']).toBe(11)
    const slice = { _filter: `${_filter} And ModificationTimestamp Lt ${at('02')}`, _limit: '5' }
    expect((await walk(server, slice)).flatMap((page) => page.Results ?? [])).toHaveLength(6)
  })

  test('is an order of all rows, not a walk of them by key (1516)', async () => {
    await using server = await startSimulator({ listings: 50, clock, behaviour: { searchCostLimit: 49 } })
    const ordered = await get(server, '/v1/listings', { _orderby: '-ListPrice' })
    expect([ordered.status, ordered.D.Code]).toEqual([503, 1516])
    expect((await walk(server)).every((page) => page.Success)).toBe(true)
  })
})

describe('a service that the key may not use', () => {
  test.each([403, 200] as const)('answers 1500 with HTTP %i, and no other does', async (status) => {
    await using server = await startSimulator({
      listings: 20,
      clock,
      behaviour: { forbiddenServices: { '/v1/accounts*': status } },
    })
    const [account] = server.simulator.collection('accounts')?.truthLines(new Set()) ?? []
    const { Id } = JSON.parse(account ?? '') as { Id: string }
    for (const path of ['/v1/accounts', `/v1/accounts/${Id}`]) {
      expect(await get(server, path)).toEqual({
        status,
        D: { Success: false, Code: 1500, Message: expect.any(String) },
      })
    }
    expect((await get(server, '/v1/listings')).status).toBe(200)
  })

  test('is named with {Id} for any id, and comes back when it is allowed again', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    simulator.configure({ forbiddenServices: { '/v1/listings/{Id}': 403 } })
    expect((await get(server, `/v1/listings/${key}`)).D.Code).toBe(1500)
    expect((await get(server, '/v1/listings')).status).toBe(200)
    simulator.configure({ forbiddenServices: {} })
    expect((await get(server, `/v1/listings/${key}`)).status).toBe(200)
  })
})
