/** An AsyncAPI 3.0 document of a feed, from its topics and schemas as they are. */
import { z } from 'zod'

import type { ResourceDescription } from '../domain/resource.ts'
import { aboutRows, aboutTopic, BINDING, inWords, type Json } from './asyncapi-topics.ts'

/** A record type of a topic, and its schema in the registry. */
export interface DescribedEvent {
  /** Of the Avro record, without its namespace. */
  readonly name: string
  readonly version: number
  readonly id: number
  /** JSON text. */
  readonly schema: string
}

interface DescribedTopic {
  readonly topic: {
    readonly name: string
    readonly partitions: number
    readonly replicationFactor: number
    /** Effective values of the settings asked for. */
    readonly configs: Readonly<Record<string, string>>
  }
  /** Whose records it holds; null for the feed's own topics. */
  readonly resource: ResourceDescription | null
  /** It holds rows of them in the place of events. @default false */
  readonly isRows?: boolean
  /** None for the topic of dead letters: their values are JSON. */
  readonly events: readonly DescribedEvent[]
}

export interface DescribedFeed {
  readonly prefix: string
  /** `host:port` */
  readonly brokers: readonly string[]
  readonly encrypted: boolean
  readonly saslMechanism: keyof typeof SECURITY_TYPES | 'oauthbearer' | null
  /** Of `oauthbearer`: where clients get access tokens. */
  readonly tokenUrl?: string
  /** Settings let no credentials stand in it (R15). */
  readonly registryUrl: string
  readonly topics: readonly DescribedTopic[]
}

const ASYNCAPI = '3.0.0'
/** The newest that AsyncAPI 3.0 names ("Schema formats table"). */
const AVRO = 'application/vnd.apache.avro+json;version=1.9.0'
const SECURITY_TYPES = {
  plain: 'plain',
  'scram-sha-256': 'scramSha256',
  'scram-sha-512': 'scramSha512',
} as const
const SECURITY = 'sasl'
const CLEANUP_POLICY = 'cleanup.policy'
const SCHEMA = z.record(z.string(), z.unknown())

/** The version is 1.N.0 with N the versions of all resources' schemas, added up: fields are only ever added. */
export function asyncApiDocument(feed: DescribedFeed): Json {
  const { prefix, topics, saslMechanism } = feed
  const resources = topics.flatMap(({ resource, isRows }) => (isRows === true ? [] : (resource ?? [])))
  const channels = topics.map((described) => channelOf(described, prefix))
  return {
    asyncapi: ASYNCAPI,
    id: `urn:listingstream:${encodeURIComponent(prefix)}`,
    info: {
      title: `Listingstream feed ${prefix}`,
      version: `1.${topics.reduce((sum, topic) => sum + schemaVersion(topic), 0)}.0`,
      description: `Every change of the ${inWords(resources.map(({ name }) => name))} behind a Spark API: once, in order per record, deletes with proof. Read with isolation.level=read_committed.`,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/avro',
    servers: serversOf(feed),
    channels: Object.fromEntries(channels.map(({ id, channel }) => [id, channel])),
    operations: Object.fromEntries(channels.map(({ id, operation }) => [`publish-${id}`, operation])),
    components: {
      messages: Object.fromEntries(channels.flatMap(({ messages }) => Object.entries(messages))),
      ...(saslMechanism === null
        ? {}
        : { securitySchemes: { [SECURITY]: securityScheme(saslMechanism, feed.tokenUrl) } }),
    },
  }
}

function securityScheme(mechanism: NonNullable<DescribedFeed['saslMechanism']>, tokenUrl = ''): Json {
  if (mechanism !== 'oauthbearer') return { type: SECURITY_TYPES[mechanism] }
  return { type: 'oauth2', flows: { clientCredentials: { tokenUrl, availableScopes: {} } } }
}

/** Of a resource's records; 0 before the first. */
function schemaVersion({ resource, events }: DescribedTopic): number {
  return events.find(({ name }) => name === resource?.events.upserted)?.version ?? 0
}

function serversOf({ brokers, encrypted, saslMechanism, registryUrl }: DescribedFeed): Json {
  const server = {
    protocol: encrypted ? 'kafka-secure' : 'kafka',
    ...(saslMechanism === null ? {} : { security: [{ $ref: `#/components/securitySchemes/${SECURITY}` }] }),
    bindings: { kafka: { schemaRegistryUrl: registryUrl, bindingVersion: BINDING } },
  }
  return Object.fromEntries(brokers.map((host, i) => [`broker-${i + 1}`, { host, ...server }]))
}

interface Channel {
  readonly id: string
  readonly channel: Json
  readonly operation: Json
  readonly messages: Json
}

function channelOf({ topic, resource, isRows = false, events }: DescribedTopic, prefix: string): Channel {
  const { name, partitions, replicationFactor, configs } = topic
  const id = name.slice(prefix.length + 1)
  const {
    description,
    messages: others,
    key,
    headersOf,
  } = isRows && resource !== null ? aboutRows(resource) : aboutTopic(id, resource)
  const strategy = isRows ? 'TopicNameStrategy' : 'TopicRecordNameStrategy'
  const messages: Json = {
    ...Object.fromEntries(
      events.map((event) => [event.name, avroMessage(event, key, headersOf?.(event.name), strategy)]),
    ),
    ...others,
  }
  const channel = {
    address: name,
    description,
    messages: Object.fromEntries(
      Object.keys(messages).map((message) => [message, { $ref: `#/components/messages/${message}` }]),
    ),
    bindings: {
      kafka: {
        topic: name,
        partitions,
        replicas: replicationFactor,
        topicConfiguration: configurationOf(configs),
        bindingVersion: BINDING,
      },
    },
  }
  const operation = {
    action: 'send',
    channel: { $ref: `#/channels/${id}` },
    summary: `Listingstream writes ${name}; who subscribes reads it.`,
    messages: Object.keys(messages).map((message) => ({ $ref: `#/channels/${id}/messages/${message}` })),
  }
  return { id, channel, operation, messages }
}

/** Settings that do something only under one cleanup policy. */
const POLICY_OF: ReadonlyMap<string, string> = new Map([
  ['retention.ms', 'delete'],
  ['delete.retention.ms', 'compact'],
  ['min.compaction.lag.ms', 'compact'],
])

/** As the binding has them: numbers as numbers, the policies as a list. What the policy leaves idle would mislead. */
function configurationOf(configs: Readonly<Record<string, string>>): Json {
  const policies = (configs[CLEANUP_POLICY] ?? '').split(',').map((policy) => policy.trim())
  const effective = Object.entries(configs).filter(([name]) => {
    const policy = POLICY_OF.get(name)
    return policy === undefined || policies.includes(policy)
  })
  const typed = effective.map(([name, value]) => {
    if (name === CLEANUP_POLICY) return [name, policies]
    return [name, /^-?\d+$/.test(value) ? Number(value) : value]
  })
  return Object.fromEntries(typed)
}

function avroMessage(
  { name, version, id, schema }: DescribedEvent,
  key: Json,
  headers: Json | undefined,
  strategy: string,
): Json {
  const parsed = SCHEMA.parse(JSON.parse(schema))
  const { doc } = parsed
  return {
    name,
    title: name,
    ...(typeof doc === 'string' ? { description: doc } : {}),
    contentType: 'application/avro',
    ...(headers === undefined ? {} : { headers }),
    payload: { schemaFormat: AVRO, schema: parsed },
    bindings: {
      kafka: {
        key,
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        schemaLookupStrategy: strategy,
        bindingVersion: BINDING,
      },
    },
    'x-schema-id': id,
    'x-schema-version': version,
  }
}
