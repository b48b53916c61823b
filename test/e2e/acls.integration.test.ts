import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { CliProcess } from '../fixtures/cli.ts'
import { guardedBroker, passwordOf, type GuardedBroker } from '../fixtures/guarded-broker.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { consumeListings } from '../../src/index.ts'
import { connectKafka } from '../../src/kafka/cluster.ts'
import { orAborted } from '../../src/support/abort.ts'
import { LiveFeed } from './live-feed.ts'

const OPERATIONS = join(import.meta.dirname, '../../docs/operations.md')
const PUBLISHER = 'publisher'
const SUBSCRIBER = 'subscriber'
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const PATIENCE = { timeout: 60_000 }
const FOUND = z.object({
  findings: z.array(z.object({ check: z.string(), state: z.string(), what: z.string() })),
})
type Found = z.output<typeof FOUND>['findings'][number]
const signal = AbortSignal.timeout(240_000)

/** A row of docs/operations.md, "Rights in Kafka", for one operation. */
interface Right {
  readonly user: string
  readonly resource: string
  /** As the page has it. */
  readonly pattern: string
  readonly name: string
  readonly prefixed: boolean
  readonly operation: string
}

const OPERATIONS_BY_NAME: Readonly<Record<string, number>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Alter: AclOperationTypes.ALTER,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
}
const RESOURCES_BY_NAME: Readonly<Record<string, number>> = {
  topic: AclResourceTypes.TOPIC,
  'transactional id': AclResourceTypes.TRANSACTIONAL_ID,
  group: AclResourceTypes.GROUP,
  cluster: AclResourceTypes.CLUSTER,
}

/** Not below the prefix, whose rights would be enough. */
const groupId = (prefix: string): string => `instances-of-${prefix}`

/** As the page has them, for this prefix. */
async function rightsOnPage(prefix: string): Promise<readonly Right[]> {
  const page = await readFile(OPERATIONS, 'utf8')
  const [, section = ''] = page.split('\n## Rights in Kafka\n')
  const rows = section
    .split('\n## ')[0]!
    .matchAll(/^\| (\w+) \| ([\w ]+?)(?: `([^`]+)`)? \| (.+?) \| .* \|$/gm)
  return [...rows].flatMap(([, user = '', resource = '', name = 'kafka-cluster', operations = '']) => {
    if (!(resource in RESOURCES_BY_NAME)) return []
    const own = name.replace(/^spark/, prefix).replace(/^listingstream/, groupId(prefix))
    const isPrefix = own !== '*' && own.endsWith('*')
    const bare = isPrefix ? own.slice(0, -1) : own
    const right = { user, resource, pattern: name, name: bare, prefixed: isPrefix }
    return operations.split(', ').map((operation) => ({ ...right, operation: operation.replaceAll('`', '') }))
  })
}

function aclOf({ user, resource, name, prefixed, operation }: Right) {
  return {
    resourceType: RESOURCES_BY_NAME[resource] ?? AclResourceTypes.UNKNOWN,
    resourceName: name,
    resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: OPERATIONS_BY_NAME[operation] ?? AclOperationTypes.UNKNOWN,
    permissionType: AclPermissionTypes.ALLOW,
  }
}

let broker: GuardedBroker
let feed: LiveFeed
let rights: readonly Right[]

beforeAll(async () => {
  broker = await guardedBroker([PUBLISHER, SUBSCRIBER], null, signal)
  feed = await LiveFeed.open({
    simulator: { listings: 20, seed: 8 },
    settings: {
      KAFKA_BROKERS: broker.byPassword.join(','),
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: PUBLISHER,
      KAFKA_SASL_PASSWORD: passwordOf(PUBLISHER),
      SUBRESOURCES: 'photos',
      ROW_TOPICS: 'true',
    },
  })
  rights = await rightsOnPage(feed.topic.replace(/\.listings$/, ''))
  await grant(rights)
})

afterAll(async () => {
  await feed?.[Symbol.asyncDispose]()
  await broker?.[Symbol.asyncDispose]()
})

const grant = (granted: readonly Right[]) =>
  withAdmin(async (admin) => void (await admin.createAcls({ acl: granted.map(aclOf) })), broker.open)

const revoke = (revoked: Right) =>
  withAdmin(async (admin) => {
    const { permissionType, ...filter } = aclOf(revoked)
    await admin.deleteAcls({ filters: [{ ...filter, permissionType }] })
  }, broker.open)

const asSubscriber = { KAFKA_SASL_USERNAME: SUBSCRIBER, KAFKA_SASL_PASSWORD: passwordOf(SUBSCRIBER) }
const prefix = (): string => feed.topic.replace(/\.listings$/, '')

/** Reads all that there is as a member of the group that the page names; answers how many changes. */
async function consumeAll(): Promise<number> {
  const stop = AbortSignal.timeout(60_000)
  const changes = consumeListings({
    brokers: broker.byPassword,
    sasl: { mechanism: 'plain', username: SUBSCRIBER, password: passwordOf(SUBSCRIBER) },
    registry: testStack().registryUrl,
    prefix: prefix(),
    groupId: 'my-service',
    signal: stop,
  })
  let count = 0
  for await (const { type } of changes) {
    if (type === 'caught-up') return count
    count += 1
  }
  return count
}

/** That it fails for these alone: after it, they are there again. */
async function without(lacking: readonly Right[], work: () => Promise<void>): Promise<void> {
  expect(lacking).not.toEqual([])
  for (const right of lacking) await revoke(right)
  try {
    await work()
  } finally {
    await grant(lacking)
  }
}

const rightsOf = (user: string, resource: string, pattern: string, operations: readonly string[]) =>
  rights.filter(
    (right) =>
      right.user === user &&
      right.resource === resource &&
      right.pattern === pattern &&
      operations.includes(right.operation),
  )

/** An instance of the group, with the feed and as many others. */
async function instance(others: number): Promise<CliProcess> {
  const folder = `${feed.folder}/with-${others}`
  await mkdir(folder, { recursive: true })
  const prefixes = [prefix(), ...Array.from({ length: others }, (_, index) => `${prefix()}.other-${index}`)]
  const feeds = prefixes.map((TOPIC_PREFIX) => ({ TOPIC_PREFIX }))
  await writeFile(`${folder}/listingstream.config.json`, JSON.stringify({ feeds }))
  const { TOPIC_PREFIX: _prefix, ...settings } = feed.settings
  const shared = { ...settings, GROUP_ID: groupId(prefix()), DATA_DIR: folder }
  return new CliProcess({ args: ['run'], settings: shared, folder })
}

async function instanceRefused(others: number): Promise<void> {
  await using program = await instance(others)
  const { code, stderr } = await orAborted(program.exited, signal)
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('KAFKA_UNAUTHORIZED') })
}

const topicOfGroup = (): string => `${groupId(prefix())}.feeds`

async function partitionsOfGroup(): Promise<number> {
  await using cluster = await connectKafka({ brokers: broker.open, clientId: 'e2e' }, signal)
  return await cluster.partitionCount(topicOfGroup(), signal)
}

async function refused(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { code, stderr } = await feed.run(args, settings)
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('KAFKA_UNAUTHORIZED') })
}

describe('the rights of docs/operations.md, at a broker with an authorizer', () => {
  test('are enough for all passes, and for commands that look', async () => {
    await feed.done('snapshot')
    feed.simulator.listings.apply({ action: 'prices', count: 3 })
    feed.simulator.listings.apply({ action: 'remove', count: 1 })
    await feed.done('update')
    await feed.done('purge')
    await feed.done('republish', '--keys', feed.keys()[0] ?? '')
    await feed.done('verify', '--topic')
    await feed.done('index', 'check')
  })

  test('are enough for a subscriber: reading with a group, whose lag the publisher sees, and rebuilding a store', async () => {
    expect(await consumeAll()).toBeGreaterThan(20)
    expect(await feed.done('lag', '--for', '1s', '--json')).toContain('my-service')
    const store = `sqlite:${feed.folder}/store.db`
    expect(await feed.run(['rebuild', '--to', store], asSubscriber)).toMatchObject({ code: 0 })
  })

  test('are enough for instances that share feeds, and to add a feed', async () => {
    for (const others of [0, 1]) {
      await using program = await instance(others)
      await program.logged('the group has shared out the feeds', signal)
      expect(await program.kill('SIGTERM')).toMatchObject({ code: 0 })
      expect(await partitionsOfGroup()).toBe(1 + others)
    }
  })

  test('are what doctor says of them: nothing where they are there, and which one is missing', async () => {
    const lookAtRights = async (): Promise<readonly Found[]> => {
      const { stdout } = await feed.run(['doctor', '--json'])
      return FOUND.parse(JSON.parse(stdout)).findings.filter(({ check }) => check === 'rights')
    }
    expect(await lookAtRights()).toMatchObject([{ state: 'ok' }])
    await without(rightsOf(PUBLISHER, 'topic', 'spark.*', ['Write']), async () => {
      const found = await lookAtRights()
      expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['wrong']))
      expect(found.map(({ what }) => what)).toContain(`the user lacks Write on topic ${feed.topic}`)
    })
  })

  const needed: readonly (readonly [
    user: string,
    resource: string,
    pattern: string,
    operation: string,
    () => Promise<void>,
  ])[] = [
    [PUBLISHER, 'topic', 'spark.*', 'DescribeConfigs', () => refused(['update'])],
    [PUBLISHER, 'topic', 'spark.*', 'Read', () => refused(['update'])],
    [
      PUBLISHER,
      'topic',
      'spark.*',
      'Write',
      async () => {
        feed.simulator.listings.apply({ action: 'prices', count: 1 })
        await refused(['update'])
      },
    ],
    [
      PUBLISHER,
      'topic',
      'spark.*',
      'Create',
      () => refused(['snapshot'], { TOPIC_PREFIX: `${prefix()}.new`, DATA_DIR: './new' }),
    ],
    [PUBLISHER, 'transactional id', 'spark.publisher', 'Write', () => refused(['update'])],
    [
      PUBLISHER,
      'group',
      '*',
      'Describe',
      async () => expect(await feed.done('lag', '--for', '1s', '--json')).not.toContain('my-service'),
    ],
    [PUBLISHER, 'group', 'listingstream', 'Read', () => instanceRefused(0)],
    [
      PUBLISHER,
      'topic',
      'listingstream.feeds',
      'Create',
      async () => {
        await withAdmin(async (admin) => {
          await admin.deleteTopics({ topics: [topicOfGroup()] })
          await expect.poll(() => admin.listTopics(), PATIENCE).not.toContain(topicOfGroup())
        }, broker.open)
        await instanceRefused(0)
      },
    ],
    [
      PUBLISHER,
      'topic',
      'listingstream.feeds',
      'Alter',
      async () => {
        await withAdmin(async (admin) => {
          await admin.createTopics({ topics: [{ topic: topicOfGroup(), numPartitions: 1 }] })
        }, broker.open)
        await instanceRefused(1)
      },
    ],
    [
      PUBLISHER,
      'topic',
      'listingstream.feeds',
      'Describe',
      // Which would imply it.
      () => without(rightsOf(PUBLISHER, 'topic', 'listingstream.feeds', ['Alter']), () => instanceRefused(0)),
    ],
    [
      SUBSCRIBER,
      'topic',
      'spark.*',
      'Read',
      async () => expect(consumeAll()).rejects.toMatchObject({ code: 'KAFKA_UNAUTHORIZED' }),
    ],
    [
      SUBSCRIBER,
      'topic',
      'spark.*',
      'DescribeConfigs',
      () => refused(['rebuild', '--to', `sqlite:${feed.folder}/other.db`], asSubscriber),
    ],
    [
      SUBSCRIBER,
      'group',
      'my-service',
      'Read',
      async () => expect(consumeAll()).rejects.toMatchObject({ code: 'KAFKA_UNAUTHORIZED' }),
    ],
  ]

  test('are each of them tried here', () => {
    const onPage = rights.map(({ user, resource, pattern, operation }) => [
      user,
      resource,
      pattern,
      operation,
    ])
    expect(onPage).toEqual(needed.map(([...right]) => right.slice(0, 4)))
  })

  test.each(needed)('are needed: %s, %s %s, %s', async (user, resource, pattern, operation, work) => {
    await without(rightsOf(user, resource, pattern, [operation]), work)
  })
})
