import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { guardedBroker, passwordOf, type GuardedBroker } from '../fixtures/guarded-broker.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { consumeListings } from '../../src/index.ts'
import { LiveFeed } from './live-feed.ts'

const OPERATIONS = join(import.meta.dirname, '../../docs/operations.md')
const PUBLISHER = 'publisher'
const SUBSCRIBER = 'subscriber'
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const signal = AbortSignal.timeout(240_000)

/** A row of docs/operations.md, "Rights in Kafka", for one operation. */
interface Right {
  readonly user: string
  readonly resource: string
  readonly name: string
  readonly prefixed: boolean
  readonly operation: string
}

const OPERATIONS_BY_NAME: Readonly<Record<string, number>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
}
const RESOURCES_BY_NAME: Readonly<Record<string, number>> = {
  topic: AclResourceTypes.TOPIC,
  'transactional id': AclResourceTypes.TRANSACTIONAL_ID,
  group: AclResourceTypes.GROUP,
  cluster: AclResourceTypes.CLUSTER,
}

/** As the page has them, for this prefix. */
async function rightsOnPage(prefix: string): Promise<readonly Right[]> {
  const page = await readFile(OPERATIONS, 'utf8')
  const [, section = ''] = page.split('\n## Rights in Kafka\n')
  const rows = section
    .split('\n## ')[0]!
    .matchAll(/^\| (\w+) \| ([\w ]+?)(?: `([^`]+)`)? \| (.+?) \| .* \|$/gm)
  return [...rows].flatMap(([, user = '', resource = '', name = 'kafka-cluster', operations = '']) => {
    if (!(resource in RESOURCES_BY_NAME)) return []
    const own = name.replace(/^spark/, prefix)
    const isPrefix = own !== '*' && own.endsWith('*')
    const right = { user, resource, name: isPrefix ? own.slice(0, -1) : own, prefixed: isPrefix }
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

/** That it fails for the right alone: after it, the right is there again. */
async function without(index: number, work: () => Promise<void>): Promise<void> {
  const right = rights[index]
  if (right === undefined) throw new Error('There is no such row.')
  await revoke(right)
  await work()
  await grant([right])
}

const indexOf = (user: string, resource: string, operation: string): number =>
  rights.findIndex((r) => r.user === user && r.resource === resource && r.operation === operation)

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

  const needed: readonly (readonly [
    user: string,
    resource: string,
    operation: string,
    () => Promise<void>,
  ])[] = [
    [PUBLISHER, 'topic', 'DescribeConfigs', () => refused(['update'])],
    [PUBLISHER, 'topic', 'Read', () => refused(['update'])],
    [
      PUBLISHER,
      'topic',
      'Write',
      async () => {
        feed.simulator.listings.apply({ action: 'prices', count: 1 })
        await refused(['update'])
      },
    ],
    [
      PUBLISHER,
      'topic',
      'Create',
      () => refused(['snapshot'], { TOPIC_PREFIX: `${prefix()}.new`, DATA_DIR: './new' }),
    ],
    [PUBLISHER, 'transactional id', 'Write', () => refused(['update'])],
    [
      PUBLISHER,
      'group',
      'Describe',
      async () => expect(await feed.done('lag', '--for', '1s', '--json')).not.toContain('my-service'),
    ],
    [
      SUBSCRIBER,
      'topic',
      'Read',
      async () => expect(consumeAll()).rejects.toMatchObject({ code: 'KAFKA_UNAUTHORIZED' }),
    ],
    [
      SUBSCRIBER,
      'topic',
      'DescribeConfigs',
      () => refused(['rebuild', '--to', `sqlite:${feed.folder}/other.db`], asSubscriber),
    ],
    [
      SUBSCRIBER,
      'group',
      'Read',
      async () => expect(consumeAll()).rejects.toMatchObject({ code: 'KAFKA_UNAUTHORIZED' }),
    ],
  ]

  test('are each of them tried here', () => {
    const onPage = rights.map(({ user, resource, operation }) => `${user} ${resource} ${operation}`)
    expect(onPage).toEqual(needed.map(([user, resource, operation]) => `${user} ${resource} ${operation}`))
  })

  test.each(needed)('are needed: %s, %s, %s', async (user, resource, operation, work) => {
    await without(indexOf(user, resource, operation), work)
  })
})
