import { afterAll, beforeAll, expect, test } from 'vitest'

import { guardedBroker, type GuardedBroker } from '../fixtures/guarded-broker.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { TokenServer } from '../fixtures/token-server.ts'
import { freePort } from '../../src/stack/ports.ts'
import { LiveDaemon } from './live-daemon.ts'
import { LiveFeed } from './live-feed.ts'

const LISTINGS = 30
const SECRET = 'oauth client s%cret'
/** The client logs in anew 5 s before a token ends. */
const LIFETIME_SECONDS = 12
const signal = AbortSignal.timeout(150_000)

let tokens: TokenServer
let broker: GuardedBroker
let feed: LiveFeed

beforeAll(async () => {
  tokens = await TokenServer.start({
    clientId: 'publisher',
    clientSecret: SECRET,
    lifetimeSeconds: LIFETIME_SECONDS,
  })
  broker = await guardedBroker([], tokens, signal)
  feed = await LiveFeed.open({
    simulator: { listings: LISTINGS, seed: 5 },
    settings: {
      KAFKA_BROKERS: broker.byToken.join(','),
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_SASL_OAUTH_TOKEN_URL: `${tokens.url}/token`,
      KAFKA_SASL_OAUTH_CLIENT_ID: 'publisher',
      KAFKA_SASL_OAUTH_CLIENT_SECRET: SECRET,
      KAFKA_SASL_OAUTH_SCOPE: 'kafka write',
      UPDATE_INTERVAL: '500ms',
    },
  })
  await withAdmin(async (admin) => {
    // Which rights it takes, acls.integration.test.ts finds out.
    const everything = [2, 3, 4, 5].map((resourceType) => ({
      resourceType,
      resourceName: resourceType === 4 ? 'kafka-cluster' : '*',
      resourcePatternType: 3,
      principal: 'User:publisher',
      host: '*',
      operation: 2,
      permissionType: 3,
    }))
    await admin.createAcls({ acl: everything })
  }, broker.open)
})

afterAll(async () => {
  await feed?.[Symbol.asyncDispose]()
  await broker?.[Symbol.asyncDispose]()
  await tokens?.[Symbol.asyncDispose]()
})

test('a daemon publishes on with new access tokens when those that it logged in with have ended', async () => {
  await using daemon = await LiveDaemon.start(feed, {})
  const published = (): Promise<number> =>
    daemon.metric('listingstream_records_total{resource="listings",outcome="published"}')
  await expect.poll(published, { timeout: 60_000 }).toBe(LISTINGS)
  // What came before is of topics that were just made.
  const { length } = daemon.process.stderr
  const until = performance.now() + 1.5 * LIFETIME_SECONDS * 1000
  for (let changes = 1; performance.now() < until; changes += 1) {
    const [key = ''] = feed.keys()
    feed.simulator.listings.apply({ action: 'set', keys: [key], fields: { ListPrice: 1000 + changes } })
    await expect.poll(published, { timeout: 30_000 }).toBe(LISTINGS + changes)
  }
  const { code, stderr } = await daemon.process.kill('SIGTERM')
  expect(code).toBe(0)
  const troubles = stderr
    .slice(length)
    .split('\n')
    .filter((line) => /"level":"?(warn|error|40|50)/.test(line))
  expect(troubles.filter((line) => !line.includes('unencrypted'))).toEqual([])
  expect(tokens.granted.length).toBeGreaterThan(2)
  expect(new URLSearchParams(tokens.granted[0])).toEqual(
    new URLSearchParams({ grant_type: 'client_credentials', scope: 'kafka write' }),
  )
  expect(tokens.refused).toEqual([])
})

test('a wrong client secret is told with its settings, and shown nowhere (R15)', async () => {
  const wrong = { KAFKA_SASL_OAUTH_CLIENT_SECRET: 'wrong-client-secret' }
  const { code, stdout, stderr } = await feed.run(['update'], wrong)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('KAFKA_SASL_OAUTH_CLIENT_ID')
  expect(stderr).toContain('invalid_client')
  expect(stderr).not.toContain('wrong-client-secret')
})

test('an authorization server that is down is an outage, which is tried again', async () => {
  const { code, stderr } = await feed.run(['update'], {
    KAFKA_SASL_OAUTH_TOKEN_URL: `http://127.0.0.1:${await freePort()}/token`,
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(/authorization server does not answer .*ECONNREFUSED.*KAFKA_TOKEN_UNREACHABLE/s)
})
