/** What an AsyncAPI document says of a feed's topics that neither broker nor registry knows: keys, headers, meaning. */
import { z } from 'zod'

import type { ResourceDescription } from '../domain/resource.ts'
import { HEADERS, LETTER_HEADERS } from '../events/header-names.ts'
import { NAMESPACE } from '../events/registry/subject-name.ts'
import { contractName } from './contract-name.ts'

export type Json = Readonly<Record<string, unknown>>

/** Version of AsyncAPI's Kafka bindings. */
export const BINDING = '0.5.0'

const PROPERTIES = z.record(z.string(), z.unknown())
const TEXT = { type: 'string' } as const

export interface AboutTopic {
  readonly description: string
  readonly key: Json
  /** Of its Avro records, by their name. */
  readonly headersOf: ((event: string) => Json) | null
  /** Those that have no schema in the registry. */
  readonly messages: Json
}

/** By the name after the prefix, and by the resource whose records it holds. */
export function aboutTopic(id: string, resource: ResourceDescription | null): AboutTopic {
  if (resource !== null) return aboutRecords(resource)
  switch (id) {
    case 'control':
      return {
        description:
          'A pass over the source started, completed, was held or failed; what a completed sweep leaves in the topics, so that a store can be proved to be the same; and what somebody should know who is not looking.',
        key: { ...TEXT, description: 'Id of the pass, or of the notification.' },
        headersOf: null,
        messages: {},
      }
    case 'holds':
      return {
        description:
          "Keys that the guard holds until an operator decides, or a later pass comes to another verdict. The program's own: read it, do not write it.",
        key: { ...TEXT, description: '<resource>/<pass id>/<chunk>.' },
        headersOf: null,
        messages: {},
      }
    case 'dead-letters':
      return {
        description: 'Records of the source that could not be published, as they came.',
        key: LETTER_KEY,
        headersOf: null,
        messages: { DeadLetter: DEAD_LETTER },
      }
    default:
      return {
        description:
          "How far the passes are, and who writes the feed. The program's own: read it, do not write it.",
        key: { ...TEXT, description: 'owner, pause, <resource>/watermark or <resource>/<pass>.' },
        headersOf: null,
        messages: {},
      }
  }
}

function aboutRecords(resource: ResourceDescription): AboutTopic {
  const { events } = resource
  const isAlone = events.deletion === 'tombstone'
  // A set goes by the key of what it is a part of.
  const keyField = isAlone ? events.key : resource.keyField
  const key = { ...TEXT, description: `${keyField}, UTF-8.` }
  const headers = recordHeaders(resource)
  const name = contractName(resource, 'Tombstone')
  const tombstone = {
    name,
    title: 'Tombstone',
    description: `${isAlone ? 'The listing is deleted, in the same transaction' : `Follows ${events.deleted} in the same transaction`}; compaction then forgets the key. It has no value.`,
    headers: withProperty(headers, HEADERS.type, constant(`${NAMESPACE}.${events.deleted}`)),
    payload: { type: 'null' },
    bindings: { kafka: { key, bindingVersion: BINDING } },
  }
  return {
    description: `One record a change. Key: ${keyField}; all records of a key are in one partition, in order. A delete is ${isAlone ? 'a tombstone' : 'an event and then a tombstone'}.`,
    key,
    headersOf(event) {
      const typed = withProperty(headers, HEADERS.type, constant(`${NAMESPACE}.${event}`))
      return event === events.deleted ? withProperty(typed, HEADERS.deleted, DELETED) : typed
    },
    messages: { [name]: tombstone },
  }
}

/** Of a topic of rows (`ROW_TOPICS`). */
export function aboutRows({ events, rows }: ResourceDescription): AboutTopic {
  const key = { ...TEXT, description: `${rows.key}, UTF-8.` }
  const headers = rowHeaders(rows.record)
  const name = `${rows.record}Tombstone`
  const tombstone = {
    name,
    title: 'Tombstone',
    description: 'The key is gone. It has no value.',
    headers,
    payload: { type: 'null' },
    bindings: { kafka: { key, bindingVersion: BINDING } },
  }
  return {
    description: `The last ${events.upserted} of each key as one flat row, in the transaction of the event. Key: ${rows.key}. A delete is a tombstone alone.`,
    key,
    headersOf: () => headers,
    messages: { [name]: tombstone },
  }
}

/** row-headers.ts */
function rowHeaders(record: string): Json {
  return {
    type: 'object',
    required: [HEADERS.specVersion, HEADERS.id, HEADERS.type],
    properties: {
      [HEADERS.contentType]: constant('application/avro'),
      [HEADERS.specVersion]: constant('1.0'),
      [HEADERS.id]: { ...TEXT, description: 'That of the event, and -row behind it.' },
      [HEADERS.type]: constant(`${NAMESPACE}.${record}`),
      [HEADERS.source]: TEXT,
      [HEADERS.subject]: { ...TEXT, description: 'The key.' },
      [HEADERS.time]: { ...TEXT, format: 'date-time' },
    },
  }
}

const LETTER_KEY = {
  ...TEXT,
  description: '<topic>/<key>, and /<part> behind it where a letter has several parts.',
} as const

const MILLIS = { ...TEXT, description: 'Milliseconds since 1970-01-01T00:00:00Z, as decimal text.' } as const

/** record-headers.ts */
function recordHeaders({ changeStamps }: ResourceDescription): Json {
  return {
    type: 'object',
    required: [
      HEADERS.digest,
      HEADERS.modificationTimestamp,
      HEADERS.observedAt,
      HEADERS.specVersion,
      HEADERS.id,
      HEADERS.type,
    ],
    properties: {
      [HEADERS.digest]: { ...TEXT, description: 'Of the content; the same content has the same digest.' },
      [HEADERS.modificationTimestamp]: {
        ...MILLIS,
        description: `${MILLIS.description} Empty if the source has none.`,
      },
      [HEADERS.observedAt]: MILLIS,
      [HEADERS.changeStamps]: {
        ...TEXT,
        description:
          changeStamps.length === 0
            ? 'Empty: the records have no parts with a stamp of their own.'
            : `When ${inWords(changeStamps.map(({ name }) => name))} last changed; milliseconds, comma-separated.`,
      },
      [HEADERS.mlsId]: { ...TEXT, description: 'Empty if the source does not say it.' },
      [HEADERS.contentType]: { ...TEXT, const: 'application/avro' },
      [HEADERS.specVersion]: { ...TEXT, const: '1.0' },
      [HEADERS.id]: {
        ...TEXT,
        description:
          'The same record has the same id, however often it is sent; the same change in a later transaction has another.',
      },
      [HEADERS.source]: TEXT,
      [HEADERS.subject]: { ...TEXT, description: 'The key.' },
      [HEADERS.time]: { ...TEXT, format: 'date-time' },
    },
  }
}

/** `a, b and c` */
export function inWords(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ')
}

function withProperty(headers: Json, name: string, property: Json): Json {
  return { ...headers, properties: { ...PROPERTIES.parse(headers['properties']), [name]: property } }
}

function constant(text: string): Json {
  return { ...TEXT, const: text }
}

const DELETED: Json = {
  ...constant('true'),
  description: 'Only here: a sink that knows nothing but tombstones can drop this record by it.',
}

/** dead-letters.ts of the publisher */
const DEAD_LETTER = {
  name: 'DeadLetter',
  title: 'Dead letter',
  description:
    'The JSON of a record of the source, gzip, in parts of at most 900,000 bytes. No value: the record was published or deleted after all.',
  contentType: 'application/json',
  headers: {
    type: 'object',
    properties: {
      [LETTER_HEADERS.recordKey]: { ...TEXT, description: 'Empty if the record has no usable key.' },
      [LETTER_HEADERS.reason]: TEXT,
      [LETTER_HEADERS.passId]: TEXT,
      [LETTER_HEADERS.part]: { ...TEXT, description: 'From 1.' },
      [LETTER_HEADERS.parts]: TEXT,
      [LETTER_HEADERS.contentType]: { ...TEXT, const: 'application/json' },
      [LETTER_HEADERS.contentEncoding]: { ...TEXT, const: 'gzip' },
    },
  },
  payload: { description: 'JSON of the record once unzipped.', type: ['object', 'null'] },
  bindings: { kafka: { key: LETTER_KEY, bindingVersion: BINDING } },
} as const
