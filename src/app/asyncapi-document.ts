/** An AsyncAPI 3.0 document of a feed, from its topics and schemas as they are. */
import { z } from 'zod'

import type { TopicDescription } from '../kafka/cluster.ts'
import { LISTINGS } from '../listing/resource.ts'
import type { TopicNames } from '../publisher/topics.ts'

/** A record type of a topic, and its schema in the registry. */
export interface DescribedEvent {
  /** Of the Avro record, without its namespace. */
  readonly name: string
  readonly version: number
  readonly id: number
  /** JSON text. */
  readonly schema: string
}

export interface DescribedTopic {
  readonly topic: TopicDescription
  /** None for the topic of dead letters: their values are JSON. */
  readonly events: readonly DescribedEvent[]
}

export interface DescribedFeed {
  readonly names: TopicNames
  /** `host:port` */
  readonly brokers: readonly string[]
  readonly encrypted: boolean
  readonly saslMechanism: keyof typeof SECURITY_TYPES | null
  /** Settings let no credentials stand in it (R15). */
  readonly registryUrl: string
  readonly topics: readonly DescribedTopic[]
}

type Json = Readonly<Record<string, unknown>>

const ASYNCAPI = '3.0.0'
/** Of the Kafka bindings. */
const BINDING = '0.5.0'
/** The newest that AsyncAPI 3.0 names ("Schema formats table"). */
const AVRO = 'application/vnd.apache.avro+json;version=1.9.0'
const SECURITY_TYPES = {
  plain: 'plain',
  'scram-sha-256': 'scramSha256',
  'scram-sha-512': 'scramSha512',
} as const
const SECURITY = 'sasl'
const SCHEMA = z.record(z.string(), z.unknown())

const TEXT = { type: 'string' } as const

/** The version is 1.N.0 with N that of the schema of listings: fields are only ever added. */
export function asyncApiDocument(feed: DescribedFeed): Json {
  const { names, topics, saslMechanism } = feed
  const listings = topics
    .flatMap(({ events }) => events)
    .find(({ name }) => name === LISTINGS.events.upserted)
  const channels = topics.map((described) => channelOf(described, names))
  return {
    asyncapi: ASYNCAPI,
    id: `urn:listingstream:${encodeURIComponent(names.prefix)}`,
    info: {
      title: `Listingstream feed ${names.prefix}`,
      version: `1.${listings?.version ?? 0}.0`,
      description:
        'Every change of the listings behind a Spark API: once, in order per listing, deletes with proof. Read with isolation.level=read_committed.',
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
        : { securitySchemes: { [SECURITY]: { type: SECURITY_TYPES[saslMechanism] } } }),
    },
  }
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

function channelOf({ topic, events }: DescribedTopic, names: TopicNames): Channel {
  const { name, partitions, replicationFactor, configs } = topic
  const id = name.slice(names.prefix.length + 1)
  const { description, messages: others, key, headers } = aboutTopic(id)
  const messages: Json = {
    ...Object.fromEntries(events.map((event) => [event.name, avroMessage(event, key, headers)])),
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

/** Numbers as numbers, the policies as a list, as the binding has them. */
function configurationOf(configs: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(configs).map(([name, value]) => {
      if (name === 'cleanup.policy') return [name, value.split(',').map((policy) => policy.trim())]
      return [name, /^-?\d+$/.test(value) ? Number(value) : value]
    }),
  )
}

function avroMessage({ name, version, id, schema }: DescribedEvent, key: Json, headers: Json | null): Json {
  const parsed = SCHEMA.parse(JSON.parse(schema))
  const { doc } = parsed
  return {
    name,
    title: name,
    ...(typeof doc === 'string' ? { description: doc } : {}),
    contentType: 'application/avro',
    ...(headers === null ? {} : { headers: withType(headers, name) }),
    payload: { schemaFormat: AVRO, schema: parsed },
    bindings: {
      kafka: {
        key,
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        schemaLookupStrategy: 'TopicRecordNameStrategy',
        bindingVersion: BINDING,
      },
    },
    'x-schema-id': id,
    'x-schema-version': version,
  }
}

interface AboutTopic {
  readonly description: string
  readonly key: Json
  /** Of its Avro records, without `ce_type`. */
  readonly headers: Json | null
  /** Those that have no schema in the registry. */
  readonly messages: Json
}

/** By the name after the prefix. */
function aboutTopic(id: string): AboutTopic {
  switch (id) {
    case 'listings':
      return {
        description:
          'One record a change. Key: ListingKey; all records of a key are in one partition, in order. A delete is an event and then a tombstone.',
        key: LISTING_KEY,
        headers: RECORD_HEADERS,
        messages: { ListingTombstone: TOMBSTONE },
      }
    case 'control':
      return {
        description: 'A pass over the source started, completed, was held or failed.',
        key: { ...TEXT, description: 'Id of the pass.' },
        headers: null,
        messages: {},
      }
    case 'dead-letters':
      return {
        description: 'Records of the source that could not be published, as they came.',
        key: LETTER_KEY,
        headers: null,
        messages: { DeadLetter: DEAD_LETTER },
      }
    default:
      return {
        description:
          "How far the passes are, and who writes the feed. The program's own: read it, do not write it.",
        key: { ...TEXT, description: 'owner, <resource>/watermark or <resource>/<pass>.' },
        headers: null,
        messages: {},
      }
  }
}

const LISTING_KEY = { ...TEXT, description: 'ListingKey, UTF-8.' } as const
const LETTER_KEY = {
  ...TEXT,
  description: '<topic>/<key>, and /<part> behind it where a letter has several parts.',
} as const

const MILLIS = { ...TEXT, description: 'Milliseconds since 1970-01-01T00:00:00Z, as decimal text.' } as const

/** record-headers.ts */
const RECORD_HEADERS = {
  type: 'object',
  required: ['digest', 'modification-timestamp', 'observed-at', 'ce_specversion', 'ce_id', 'ce_type'],
  properties: {
    digest: { ...TEXT, description: 'Of the content; the same content has the same digest.' },
    'modification-timestamp': {
      ...MILLIS,
      description: `${MILLIS.description} Empty if the source has none.`,
    },
    'observed-at': MILLIS,
    'change-stamps': {
      ...TEXT,
      description: 'When photos, videos and documents last changed; milliseconds, comma-separated.',
    },
    'mls-id': { ...TEXT, description: 'Empty if the source does not say it.' },
    'content-type': { ...TEXT, const: 'application/avro' },
    ce_specversion: { ...TEXT, const: '1.0' },
    ce_id: { ...TEXT, description: 'The same change has the same id, however often it is sent.' },
    ce_source: TEXT,
    ce_subject: { ...TEXT, description: 'The key.' },
    ce_time: { ...TEXT, format: 'date-time' },
  },
} as const

function withType(headers: Json, name: string): Json {
  const properties = SCHEMA.parse(headers['properties'])
  return { ...headers, properties: { ...properties, ce_type: { ...TEXT, const: `listingstream.${name}` } } }
}

const TOMBSTONE = {
  name: 'ListingTombstone',
  title: 'Tombstone',
  description:
    'Follows ListingDeleted in the same transaction; compaction then forgets the key. It has no value.',
  headers: withType(RECORD_HEADERS, LISTINGS.events.deleted),
  payload: { type: 'null' },
  bindings: { kafka: { key: LISTING_KEY, bindingVersion: BINDING } },
}

/** dead-letters.ts of the publisher */
const DEAD_LETTER = {
  name: 'DeadLetter',
  title: 'Dead letter',
  description:
    'The JSON of a record of the source, gzip, in parts of at most 900,000 bytes. No value: the listing was published or deleted after all.',
  contentType: 'application/json',
  headers: {
    type: 'object',
    properties: {
      'record-key': { ...TEXT, description: 'Empty if the record has no usable key.' },
      reason: TEXT,
      'pass-id': TEXT,
      part: { ...TEXT, description: 'From 1.' },
      parts: TEXT,
      'content-type': { ...TEXT, const: 'application/json' },
      'content-encoding': { ...TEXT, const: 'gzip' },
    },
  },
  payload: { description: 'JSON of the record once unzipped.', type: ['object', 'null'] },
  bindings: { kafka: { key: LETTER_KEY, bindingVersion: BINDING } },
} as const
