import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { asYaml } from '../../src/contract/as-yaml.ts'
import { asyncApiDocument, type DescribedFeed } from '../../src/contract/asyncapi-document.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { FIELDS, listingSchema } from '../events/sample.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { asyncApiProblems } from '../fixtures/asyncapi.ts'
import { OFFICES } from '../fixtures/resources.ts'

function topic(name: string, partitions: number, policy: string) {
  return {
    name: `mls.eu.${name}`,
    partitions,
    replicationFactor: 3,
    configs: { 'cleanup.policy': policy, 'retention.ms': '-1', 'delete.retention.ms': '604800000' },
  }
}

const FEED: DescribedFeed = {
  prefix: 'mls.eu',
  brokers: ['kafka-1:9092', 'kafka-2:9092'],
  encrypted: true,
  saslMechanism: 'scram-sha-512',
  registryUrl: 'https://registry.example',
  topics: [
    {
      topic: topic('listings', 6, 'compact'),
      resource: LISTINGS,
      events: [
        { name: 'ListingUpserted', version: 7, id: 12, schema: listingSchema(FIELDS) },
        { name: 'ListingDeleted', version: 1, id: 3, schema: readSchemaFile('ListingDeleted') },
      ],
    },
    {
      topic: topic('control', 1, 'delete'),
      resource: null,
      events: [{ name: 'PassMarker', version: 1, id: 4, schema: readSchemaFile('PassMarker') }],
    },
    { topic: topic('dead-letters', 1, 'compact,delete'), resource: null, events: [] },
  ],
}

describe('the AsyncAPI document', () => {
  test("AsyncAPI's own parser accepts it as YAML, and without security and schemas too", async () => {
    expect(await asyncApiProblems(asYaml(asyncApiDocument(FEED)))).toEqual([])
    const bare = FEED.topics.map((described) => ({ ...described, events: [] }))
    const plain = { ...FEED, encrypted: false, saslMechanism: null, topics: bare.slice(0, 1) }
    expect(await asyncApiProblems(JSON.stringify(asyncApiDocument(plain)))).toEqual([])
    const byToken = {
      ...plain,
      saslMechanism: 'oauthbearer',
      tokenUrl: 'https://login.example.com/token',
    } as const
    expect(await asyncApiProblems(JSON.stringify(asyncApiDocument(byToken)))).toEqual([])
  })

  test('the parser of this test refuses a broken document and a broken Avro schema', async () => {
    const broken = structuredClone(FEED.topics[0]!.events[0]!)
    const schema = JSON.stringify({ ...JSON.parse(broken.schema), fields: [{ name: 'x', type: 'no-type' }] })
    const events = [{ ...broken, schema }]
    const topics = [{ topic: topic('listings', 1, 'compact'), resource: LISTINGS, events }]
    expect(await asyncApiProblems(asYaml(asyncApiDocument({ ...FEED, topics })))).not.toEqual([])
    const wrongPolicy = [{ topic: topic('listings', 1, 'sometimes'), resource: LISTINGS, events: [] }]
    expect(await asyncApiProblems(asYaml(asyncApiDocument({ ...FEED, topics: wrongPolicy })))).not.toEqual([])
  })

  test('YAML says what the JSON says, without anchors', () => {
    const document = asyncApiDocument(FEED)
    const yaml = asYaml(document)
    expect(parse(yaml)).toEqual(JSON.parse(JSON.stringify(document)))
    expect(yaml).not.toMatch(/: [&*]\w+$/m)
  })

  test('a topic is a channel with its live settings, a record type a message with its schema, key and headers', () => {
    const document = JSON.parse(JSON.stringify(asyncApiDocument(FEED)))
    expect(document.info.version).toBe('1.7.0')
    expect(document.channels['dead-letters'].bindings.kafka).toEqual({
      topic: 'mls.eu.dead-letters',
      partitions: 1,
      replicas: 3,
      topicConfiguration: {
        'cleanup.policy': ['compact', 'delete'],
        'retention.ms': -1,
        'delete.retention.ms': 604_800_000,
      },
      bindingVersion: '0.5.0',
    })
    const { topicConfiguration } = document.channels.listings.bindings.kafka
    expect(topicConfiguration, 'a compacted topic forgets nothing by age').not.toHaveProperty([
      'retention.ms',
    ])
    expect(Object.keys(document.channels.listings.messages)).toEqual([
      'ListingUpserted',
      'ListingDeleted',
      'ListingTombstone',
    ])
    const message = document.components.messages.ListingDeleted
    expect(message.payload.schema).toEqual(JSON.parse(readSchemaFile('ListingDeleted')))
    expect(message.headers.properties.ce_type.const).toBe('listingstream.ListingDeleted')
    const { messages } = document.components
    const marked = Object.keys(messages).filter(
      (name) => 'deleted' in (messages[name].headers?.properties ?? {}),
    )
    expect(marked, 'a delete is told by a header of its own').toEqual(['ListingDeleted'])
    expect(message.bindings.kafka.key.type).toBe('string')
    expect(document.servers['broker-2']).toMatchObject({ host: 'kafka-2:9092', protocol: 'kafka-secure' })
    expect(document.components.securitySchemes).toEqual({ sasl: { type: 'scramSha512' } })
  })

  test('a topic of rows has one record type, found by the name of the topic, and tombstones', async () => {
    const schema = JSON.stringify({ type: 'record', name: 'OfficeRow', fields: [] })
    const events = [{ name: 'OfficeRow', version: 3, id: 5, schema }]
    const rows = { topic: topic('office-rows', 3, 'compact'), resource: OFFICES, isRows: true, events }
    const feed = asyncApiDocument({ ...FEED, topics: [...FEED.topics, rows] })
    expect(await asyncApiProblems(asYaml(feed))).toEqual([])
    const { info, channels, components } = JSON.parse(JSON.stringify(feed))
    expect(info.description, 'they are no resource of their own').toContain('of the listings behind')
    expect(Object.keys(channels['office-rows'].messages)).toEqual(['OfficeRow', 'OfficeRowTombstone'])
    const { OfficeRow, OfficeRowTombstone } = components.messages
    expect(OfficeRow.bindings.kafka.schemaLookupStrategy).toBe('TopicNameStrategy')
    for (const { headers } of [OfficeRow, OfficeRowTombstone]) {
      expect(headers.properties.ce_type.const).toBe('listingstream.OfficeRow')
      expect(headers.properties).not.toHaveProperty('deleted')
    }
  })

  test('the topic of any resource is told of by its description', async () => {
    const schema = JSON.stringify({ type: 'record', name: 'OfficeUpserted', fields: [] })
    const events = [{ name: 'OfficeUpserted', version: 2, id: 5, schema }]
    const offices = { topic: topic('offices', 3, 'compact'), resource: OFFICES, events }
    const feed = asyncApiDocument({ ...FEED, topics: [...FEED.topics, offices] })
    expect(await asyncApiProblems(asYaml(feed))).toEqual([])

    const { info, channels, components } = JSON.parse(JSON.stringify(feed))
    expect(info).toMatchObject({
      version: '1.9.0',
      description: expect.stringContaining('of the listings and offices behind'),
    })
    expect(channels.offices).toMatchObject({ description: expect.stringContaining('Key: OfficeKey;') })
    expect(Object.keys(channels.offices.messages)).toEqual(['OfficeUpserted', 'OfficeTombstone'])
    const { OfficeTombstone, ListingTombstone } = components.messages
    expect(OfficeTombstone.headers.properties.ce_type.const).toBe('listingstream.OfficeDeleted')
    const stamps = 'change-stamps'
    expect(OfficeTombstone.headers.properties[stamps].description).toMatch(/^Empty/)
    expect(ListingTombstone.headers.properties[stamps].description).toMatch(/^When photos, videos and docu/)
  })
})

test('YAML holds nothing that acts on a terminal, and the values are the same', () => {
  const hostile = [
    '\u001B]52;c;ZXZpbA==\u0007',
    'a\u009B2J: b',
    '\u202Egnp',
    'two\nlines\u0085',
    '\u{E0041}x',
    '# \uFEFF',
  ]
  const document = { list: hostile, doc: hostile.join(' '), [hostile.join('-')]: { nested: 'plain\nlines' } }
  const text = asYaml(document)
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(parse(text)).toEqual(document)
})
