import { get as getPlain } from 'node:http'
import { gunzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { POISONS } from '../../src/simulator/behaviour.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { get, keysWhere, NOW, request } from './spark-request.ts'

const clock = (): number => NOW
const FAR_BACK = '2000-01-01T00:00:00Z'

function simulated(): Promise<SimulatorServer> {
  return startSimulator({ listings: 30, clock })
}

async function bytesOf(server: SimulatorServer, path: string): Promise<Buffer> {
  return Buffer.from(await (await request(server, path)).arrayBuffer())
}

const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes)

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}

describe('a poisoned listing', () => {
  test.each(POISONS)('with %s spoils each answer that shows it whole, and no other', async (poison) => {
    await using server = await simulated()
    const { simulator } = server
    const [key = ''] = simulator.truth().listings.keys()
    simulator.configure({ poisoned: { [key]: poison } })
    const wanted = { nan: [true, false], deep: [true, true], digits: [true, true], 'latin-1': [false, true] }
    for (const path of ['/v1/listings', `/v1/listings/${key}`]) {
      const bytes = await bytesOf(server, path)
      expect([isUtf8(bytes), isJson(bytes)]).toEqual(wanted[poison])
    }
    const keysOnly = await bytesOf(server, '/v1/listings?_select=Id')
    expect([isUtf8(keysOnly), isJson(keysOnly)]).toEqual([true, true])
    const behind = await bytesOf(server, `/v1/listings?_skiptoken=${key}&_limit=10`)
    expect([isUtf8(behind), isJson(behind), behind.length < 200_000]).toEqual([true, true, true])
  })

  test('with latin-1 has one byte that is no UTF-8, in a field of its own', async () => {
    await using server = await simulated()
    const { simulator } = server
    const [key = '', known] = [...simulator.truth().listings][0] ?? []
    simulator.configure({ poisoned: { [key]: 'latin-1' } })
    const bytes = await bytesOf(server, `/v1/listings/${key}`)
    const { D } = JSON.parse(bytes.toString('latin1')) as {
      D: { Results: [{ StandardFields: { Disclaimer: string } }] }
    }
    const truth = known?.['Disclaimer'] ?? ''
    expect(D.Results[0].StandardFields.Disclaimer).toMatch(/^é/)
    expect(Buffer.from(D.Results[0].StandardFields.Disclaimer.slice(1), 'latin1').toString('utf8')).toBe(
      truth,
    )
  })

  test('is what it was in the truth', async () => {
    await using server = await simulated()
    const { simulator } = server
    const before = simulator.truth()
    const keys = [...before.listings.keys()]
    simulator.configure({ poisoned: Object.fromEntries(POISONS.map((poison, i) => [keys[i], poison])) })
    expect(simulator.truth()).toEqual(before)
  })
})

describe('a stamp that is masked or cannot be read', () => {
  test.each([
    ['searched', 'mask', true],
    ['searched', 'set', true],
    ['unsearched', 'mask', false],
    ['unsearched', 'set', false],
  ] as const)(
    'where such stamps are %s (%s), a filter finds it: %s (R7)',
    async (maskedStamps, action, found) => {
      await using server = await simulated()
      const { simulator } = server
      simulator.configure({ maskedStamps })
      const [key = ''] = simulator.truth().listings.keys()
      const fields = { ModificationTimestamp: 'yesterday' }
      simulator.listings.apply(
        action === 'mask'
          ? { action, keys: [key], fields: Object.keys(fields) }
          : { action, keys: [key], fields, stamp: false },
      )
      const after = await keysWhere(server, `ModificationTimestamp Gt ${FAR_BACK}`)
      expect(after.includes(key)).toBe(found)
      const row = await get(server, `/v1/listings/${key}`)
      expect(row.D.Results?.[0]?.StandardFields?.['ModificationTimestamp']).toBe(
        action === 'mask' ? '********' : 'yesterday',
      )
    },
  )
})

describe('a walk', () => {
  test.each([1040, 2000, 1053])('is refused an old token with %i (R7)', async (code) => {
    await using server = await simulated()
    const { simulator } = server
    simulator.faults.add({ fault: { kind: 'refused-token', code }, path: '/v1/listings', times: null })
    expect((await get(server, '/v1/listings', { _skiptoken: '' })).status).toBe(200)
    const [key = ''] = simulator.truth().listings.keys()
    const { status, D } = await get(server, '/v1/listings', { _skiptoken: key })
    expect([status, D.Code]).toEqual([400, code])
  })

  test('gets a token that is half a character', async () => {
    await using server = await simulated()
    const { simulator } = server
    simulator.faults.add({ fault: { kind: 'token', json: '"\\ud800"' }, path: '/v1/listings' })
    const { D } = await get(server, '/v1/listings', { _skiptoken: '', _limit: '10' })
    expect(D.SkipToken?.isWellFormed()).toBe(false)
    expect(D.Results).toHaveLength(10)
  })

  test('is led back to its beginning by its last page', async () => {
    await using server = await startSimulator({
      listings: 30,
      clock,
      behaviour: { endOfWalk: 'first-token' },
    })
    const { simulator } = server
    const [first = '', ...others] = simulator.truth().listings.keys()
    const last = await get(server, '/v1/listings', { _skiptoken: others.at(-2) ?? '', _limit: '10' })
    const again = await get(server, '/v1/listings', { _skiptoken: last.D.SkipToken ?? '', _limit: '10' })
    expect(again.D.Results?.[0]?.Id).toBe(first)
  })
})

test('a bomb is small on the wire and large behind it', async () => {
  await using server = await simulated()
  const { simulator } = server
  simulator.faults.add({ fault: { kind: 'bomb', megabytes: 3 } })
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const headers = { Authorization: `Bearer ${simulator.accessToken}`, 'Accept-Encoding': 'gzip' }
  getPlain(`${server.url}/v1/system`, { headers }, (response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => void parts.push(part))
    response.on('end', () => resolve(Buffer.concat(parts)))
  }).on('error', reject)
  const wire = await promise
  expect(wire.length).toBeLessThan(30_000)
  expect(gunzipSync(wire).length).toBeGreaterThan(3_000_000)
})
