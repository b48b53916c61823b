/** What the broker says that this user may do, which nobody has to try. */
import type { AskedBroker } from 'kafkajs/src/cluster/index.js'

import { versionOf } from './brokers.ts'
import { wireRequest, type WireApi } from './wire-request.ts'
import { WireReader } from './wire-reader.ts'

/** By their numbers in the protocol (`AclOperation`). */
const OPERATIONS = {
  3: 'Read',
  4: 'Write',
  5: 'Create',
  6: 'Delete',
  7: 'Alter',
  8: 'Describe',
  9: 'ClusterAction',
  10: 'DescribeConfigs',
  11: 'AlterConfigs',
  12: 'IdempotentWrite',
} as const
export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS]

/** The broker leaves it open. */
const NOT_TOLD = -0x8000_0000
const TOPIC_AUTHORIZATION_FAILED = 29

/** From 8 on it tells what is allowed; 9 has another encoding. */
const METADATA = 3
const METADATA_VERSION = 8

/** Of one topic: `refused` to a user who may not even know of it. */
export type TopicRights =
  | { readonly kind: 'told'; readonly operations: ReadonlySet<Operation> }
  | { readonly kind: 'refused' | 'missing' | 'untold' }

export type AuthorizedOperations = ReadonlyMap<string, TopicRights>

/** Undefined of a broker that does not tell (before Kafka 2.3). Creates no topic. */
export async function authorizedOperations(
  broker: AskedBroker,
  topics: readonly string[],
): Promise<AuthorizedOperations | undefined> {
  const version = versionOf(broker, METADATA, { least: METADATA_VERSION, most: METADATA_VERSION })
  if (version === undefined) return undefined
  const api: WireApi = { key: METADATA, version, name: 'Metadata' }
  return await broker.connectionPool.send(
    wireRequest(
      api,
      () => question(topics),
      (payload) => {
        const from = new WireReader(payload)
        return { clientSideThrottleTime: from.int32(), answers: topicsIn(from) }
      },
    ),
  )
}

function question(topics: readonly string[]): Buffer {
  const names = topics.flatMap((name) => {
    const text = Buffer.from(name)
    const length = Buffer.alloc(2)
    length.writeInt16BE(text.length)
    return [length, text]
  })
  const count = Buffer.alloc(4)
  count.writeInt32BE(topics.length)
  // Without making topics, and without the cluster's own operations.
  return Buffer.concat([count, ...names, Buffer.of(0, 0, 1)])
}

/** Behind the throttle time: brokers, cluster, controller. */
function topicsIn(from: WireReader): AuthorizedOperations {
  from.list(() => {
    from.int32()
    from.text()
    from.int32()
    return from.nullableText()
  })
  from.nullableText()
  from.int32()
  return new Map(from.list(() => topicOf(from)))
}

function topicOf(from: WireReader): readonly [string, TopicRights] {
  const errorCode = from.int16()
  const name = from.text()
  from.int8()
  from.list(() => {
    from.int16()
    from.int32()
    from.int32()
    from.int32()
    for (let list = 0; list < 3; list += 1) from.list(() => from.int32())
  })
  return [name, rightsOf(errorCode, from.int32())]
}

function rightsOf(errorCode: number, bits: number): TopicRights {
  if (errorCode === TOPIC_AUTHORIZATION_FAILED) return { kind: 'refused' }
  if (errorCode !== 0) return { kind: 'missing' }
  if (bits === NOT_TOLD) return { kind: 'untold' }
  const operations = Object.entries(OPERATIONS).flatMap(([bit, name]) =>
    (bits & (1 << Number(bit))) === 0 ? [] : [name],
  )
  return { kind: 'told', operations: new Set(operations) }
}
