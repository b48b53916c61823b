import { describe, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { control, get, NOW, request } from './spark-request.ts'

const clock = (): number => NOW

describe('a parameter outside its limits', () => {
  test.each([
    ['_limit', '1001', 'MaxValue', 1000],
    ['_limit', '99999999999', 'MaxValue', 1000],
    ['_limit', '-1', 'MinValue', 0],
    ['_limit', 'ten', 'Format', 'whole number'],
    ['_page', '0', 'MinValue', 1],
    ['_skip', '2500001', 'MaxValue', 2_500_000],
    ['_skiptoken', 'x', 'Format', 'a SkipToken'],
    ['_pagination', '2', 'Inclusion', '0, 1, count'],
    ['_orderby', 'Nothing', 'Inclusion', 'searchable fields'],
  ])('is 1053, and Details tell which: %s=%s', async (parameter, value, RuleName, RuleValue) => {
    await using server = await startSimulator({ listings: 1, clock })
    const { status, D } = await get(server, '/v1/listings', { [parameter]: value })
    expect([status, D.Code]).toEqual([400, 1053])
    expect(D).toMatchObject({ Details: [{ [parameter]: [{ RuleName, RuleValue, Value: value }] }] })
  })
})

describe('each answer', () => {
  test('has an x-request-id of its own, by which the log has it, with the chain of the client', async () => {
    await using server = await startSimulator({ listings: 1, clock })
    const headers = { 'X-Request-Id-Chain': 'pass-7' }
    const answers = [
      await request(server, '/v1/listings?_limit=1', { headers }),
      await request(server, '/v1/nothing'),
      await request(server, '/v1/system', { headers: { Authorization: '' } }),
    ]
    const ids = answers.map((answer) => answer.headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(3)
    expect((await control(server, 'GET', 'log')).body).toMatchObject([
      { id: ids[0], chain: 'pass-7', method: 'GET', url: '/v1/listings?_limit=1', status: 200, at: NOW },
      { id: ids[1], url: '/v1/nothing', status: 404 },
      { id: ids[2], key: 'unknown', status: 401 },
    ])
  })

  test('has an x-request-id when it is a stored page or a fault, too', async () => {
    await using server = await startSimulator({ listings: 1, clock, storedPages: true })
    server.simulator.faults.add({ fault: { kind: 'status', status: 503 }, nth: 3 })
    const ids: (string | null)[] = []
    for (let i = 0; i < 3; i += 1) {
      ids.push((await request(server, '/v1/listings')).headers.get('x-request-id'))
    }
    expect(new Set(ids).size).toBe(3)
    expect(ids).not.toContain(null)
  })
})

describe('what is not there', () => {
  test.each(['/v1/nothing', '/v1/listings/1', '/v2/listings', '/v1', '/v1/standardfields/Nothing'])(
    '%s is 404 with its Code',
    async (path) => {
      await using server = await startSimulator({ listings: 1, clock })
      const { status, D } = await get(server, path)
      expect([status, D.Code]).toEqual([404, 404])
    },
  )

  test.each([405, 1017, 1018] as const)(
    'a method that a path does not take is 405 with Code %i',
    async (code) => {
      await using server = await startSimulator({ listings: 1, clock, behaviour: { methodCode: code } })
      const response = await request(server, '/v1/listings', { method: 'DELETE' })
      expect([response.status, await response.json()]).toMatchObject([
        405,
        { D: { Success: false, Code: code } },
      ])
    },
  )
})
