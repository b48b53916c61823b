import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveFeed } from './live-feed.ts'

interface Finding {
  readonly check: string
  readonly state: string
  readonly what: string
  readonly remedy: string | null
}

interface Fault {
  readonly what: string
  /** Plants it. Answers the settings that go with it. */
  readonly plant: (
    feed: LiveFeed,
  ) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>
  /** Takes it away, for the faults after it. @default there is nothing to take away */
  readonly mend?: (feed: LiveFeed) => Promise<void> | void
  readonly found: Pick<Finding, 'check' | 'state'> & { readonly says: RegExp; readonly remedy: RegExp }
}

const DOWN = '127.0.0.1:1'

async function topicConfig(topic: string, name: string, value: string): Promise<void> {
  await withAdmin(async (admin) => {
    // What is not named goes back to the broker's own value.
    const configs = { 'cleanup.policy': 'compact', 'delete.retention.ms': '604800000', [name]: value }
    const configEntries = Object.entries(configs).map(([of, is]) => ({ name: of, value: is }))
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }
    await admin.alterConfigs({ validateOnly: false, resources: [resource] })
  })
}

async function compatibility(feed: LiveFeed, level: string): Promise<void> {
  const { registryUrl } = testStack()
  const answer = await fetch(`${registryUrl}/config/${feed.topic}-listingstream.ListingUpserted`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: level }),
  })
  expect(answer.status).toBe(200)
}

/** In the middle of each table of LevelDB, and of its log. */
async function damageIndex({ dataDir }: LiveFeed): Promise<void> {
  const folder = join(dataDir, 'index')
  for (const name of await readdir(folder)) {
    if (!/\.(?:ldb|log)$/.test(name)) continue
    const bytes = await readFile(join(folder, name))
    bytes.fill(0xff, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2))
    await writeFile(join(folder, name), bytes)
  }
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a setting that is wrong',
    plant: () => ({ PURGE_MAX_RATIO: '2' }),
    found: {
      check: 'settings',
      state: 'wrong',
      says: /^PURGE_MAX_RATIO: /,
      remedy: /Correct PURGE_MAX_RATIO/,
    },
  },
  {
    what: 'a revoked token',
    plant: ({ simulator }) => (simulator.configure({ access: 'bad-key' }), {}),
    mend: ({ simulator }) => simulator.configure({ access: 'granted' }),
    found: { check: 'token', state: 'wrong', says: /^SPARK_UNAUTHORIZED/, remedy: /Set SPARK_ACCESS_TOKEN/ },
  },
  {
    what: 'a key without the replication role',
    plant: ({ simulator }) => (simulator.configure({ role: 'regular' }), { PAGE_LIMIT: '1000' }),
    mend: ({ simulator }) => simulator.configure({ role: 'replication' }),
    found: {
      check: 'role',
      state: 'wrong',
      says: /^listings: SPARK_BAD_PARAMETER/,
      remedy: /replication role/,
    },
  },
  {
    what: 'a rate that is too low',
    plant: () => ({ API_RATE: '10', UPDATE_INTERVAL: '1s' }),
    found: { check: 'rate', state: 'wrong', says: /requests/, remedy: /plan-requests/ },
  },
  {
    what: 'a clock that is two hours off',
    plant: ({ simulator }) => (simulator.configure({ dateSkewMs: 7_200_000 }), {}),
    mend: ({ simulator }) => simulator.configure({ dateSkewMs: 0 }),
    found: { check: 'clock', state: 'wrong', says: /behind the source's: every pass fails/, remedy: /NTP/ },
  },
  {
    what: 'brokers that are down',
    plant: () => ({ KAFKA_BROKERS: DOWN }),
    found: { check: 'brokers', state: 'wrong', says: /^KAFKA_UNREACHABLE/, remedy: /KAFKA_BROKERS/ },
  },
  {
    what: 'one broker of two that is down',
    plant: () => ({ KAFKA_BROKERS: `${testStack().brokers.join(',')},${DOWN}` }),
    found: {
      check: 'brokers',
      state: 'warning',
      says: /127\.0\.0\.1:1/,
      remedy: /take them out of KAFKA_BROKERS/,
    },
  },
  {
    what: 'a registry under a wrong path',
    plant: ({ settings }) => ({ SCHEMA_REGISTRY_URL: `${settings['SCHEMA_REGISTRY_URL']}/wrong` }),
    found: { check: 'registry', state: 'wrong', says: /^REGISTRY_/, remedy: /SCHEMA_REGISTRY_URL/ },
  },
  {
    what: 'a subject that takes any schema',
    plant: async (feed) => (await compatibility(feed, 'NONE'), {}),
    mend: (feed) => compatibility(feed, 'FULL_TRANSITIVE'),
    found: { check: 'registry', state: 'wrong', says: /compatibility NONE/, remedy: /^PUT \/config\// },
  },
  {
    what: 'a topic that deletes',
    plant: async ({ topic }) => (await topicConfig(topic, 'cleanup.policy', 'delete'), {}),
    mend: ({ topic }) => topicConfig(topic, 'cleanup.policy', 'compact'),
    found: { check: 'topics', state: 'wrong', says: /cleanup\.policy=delete/, remedy: /kafka-configs/ },
  },
  {
    what: 'tombstones that vanish within the overlap',
    plant: async ({ topic }) => (await topicConfig(topic, 'delete.retention.ms', '60000'), {}),
    mend: ({ topic }) => topicConfig(topic, 'delete.retention.ms', '604800000'),
    found: { check: 'topics', state: 'wrong', says: /delete\.retention\.ms=60000/, remedy: /604800000/ },
  },
  {
    what: 'more replicas in sync than there are',
    plant: async ({ topic }) => (await topicConfig(topic, 'min.insync.replicas', '2'), {}),
    mend: ({ topic }) => topicConfig(topic, 'min.insync.replicas', '1'),
    found: { check: 'topics', state: 'wrong', says: /min\.insync\.replicas=2/, remedy: /kafka-configs/ },
  },
  {
    what: 'topics that nobody may make',
    plant: () => ({ RESOURCES: 'listings,accounts', TOPICS_CREATE: 'false' }),
    found: { check: 'topics', state: 'wrong', says: /\.accounts/, remedy: /TOPICS_CREATE=true/ },
  },
  {
    what: 'a folder that others may look into',
    plant: async ({ dataDir }) => (await chmod(dataDir, 0o755), {}),
    mend: ({ dataDir }) => chmod(dataDir, 0o700),
    found: { check: 'folder', state: 'warning', says: /mode 755/, remedy: /^chmod 700 / },
  },
  {
    what: 'a server that nobody may ask',
    plant: () => ({ HTTP_HOST: '0.0.0.0' }),
    found: { check: 'http', state: 'warning', says: /ADMIN_TOKEN/, remedy: /ADMIN_TOKEN_FILE/ },
  },
  {
    what: 'a damaged index',
    plant: async (feed) => (await damageIndex(feed), {}),
    mend: ({ dataDir }) => rm(join(dataDir, 'index'), { recursive: true }),
    found: { check: 'index', state: 'wrong', says: /index/, remedy: /Delete the folder "index"/ },
  },
  {
    what: 'partitions that were added',
    plant: async ({ topic }) => {
      await withAdmin(async (admin) => {
        await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
      })
      return {}
    },
    found: { check: 'topics', state: 'wrong', says: /4/, remedy: /TOPIC_PREFIX/ },
  },
]

let feed: LiveFeed

beforeAll(async () => {
  feed = await LiveFeed.open({ simulator: { listings: 30, seed: 71 } })
  await feed.done('snapshot')
}, 120_000)
afterAll(() => feed[Symbol.asyncDispose]())

async function findings(
  settings: Readonly<Record<string, string>> = {},
): Promise<[number | null, readonly Finding[]]> {
  const { code, stdout, stderr } = await feed.run(['doctor', '--json'], settings)
  expect(stdout, stderr).not.toBe('')
  return [code, (JSON.parse(stdout) as { findings: readonly Finding[] }).findings]
}

test('a feed that is as it should be has nothing wrong, and each check says what it saw', async () => {
  const [code, found] = await findings()
  expect(found.filter(({ state }) => state === 'wrong')).toEqual([])
  expect(code).toBe(0)
  const checks = new Set(found.map(({ check }) => check))
  for (const check of [
    'settings',
    'token',
    'role',
    'clock',
    'brokers',
    'registry',
    'checkpoints',
    'rights',
    'topics',
    'index',
    'rate',
    'folder',
    'disk',
    'limits',
  ]) {
    expect(checks).toContain(check)
  }
  expect(found.every(({ state, remedy }) => (state === 'ok') === (remedy === null))).toBe(true)
  const said = await feed.run(['doctor'])
  expect(said).toMatchObject({ code: 0 })
  expect(said.stdout).toMatch(/\n0 wrong, \d+ to look at, \d+ right\n$/)
}, 60_000)

test.each(FAULTS)(
  'it finds $what, and says what to do',
  async ({ plant, mend, found }) => {
    const settings = await plant(feed)
    const [code, all] = await findings(settings)
    await mend?.(feed)
    const { check, state, says, remedy } = found
    const finding = all.find((one) => one.check === check && one.state === state && says.test(one.what))
    expect(finding, JSON.stringify(all, null, 1)).toBeDefined()
    expect(finding?.remedy).toMatch(remedy)
    expect(code).toBe(all.some((one) => one.state === 'wrong') ? 1 : 0)
    // Nothing else is called wrong for it.
    expect(new Set(all.filter((one) => one.state === 'wrong').map((one) => one.check))).toEqual(
      new Set(state === 'wrong' ? [check] : []),
    )
  },
  90_000,
)

test('it finds the token of another source', async () => {
  await using other = await startSimulator({ listings: 5, accessToken: 'another-token-of-tests' })
  const [code, all] = await findings({
    SPARK_API_URL: other.url,
    SPARK_ACCESS_TOKEN: 'another-token-of-tests',
  })
  expect(code).toBe(1)
  expect(all).toContainEqual(
    expect.objectContaining({
      check: 'source',
      state: 'wrong',
      what: expect.stringMatching(/^SOURCE_CHANGED/),
    }),
  )
}, 60_000)
