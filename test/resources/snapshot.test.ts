/** From the simulated source to events: what stands in the files of a resource fits together. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { SYSTEM_CLOCK } from '../../src/app/compose/system-clock.ts'
import { passId } from '../../src/domain/pass.ts'
import type { ListedResource } from '../../src/domain/resource.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../../src/events/content/content-encoder.ts'
import { decodeValue } from '../../src/events/decode-value.ts'
import { EventCodec } from '../../src/events/event-codec.ts'
import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { EventSchemas } from '../../src/events/schema/event-schemas.ts'
import { readSchemaFile } from '../../src/events/schema/schema-file.ts'
import { PageCommitter } from '../../src/replication/page-committer.ts'
import type { ContentEncoder } from '../../src/replication/ports.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { startSimulator, type SimulatorServer } from '../../src/simulator/server/start-simulator.ts'
import { LoopbackRegistry } from '../events/loopback-registry.ts'
import { assembleFeed, CollectingObserver } from '../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../fixtures/memory-key-index.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { restoredRecord, sourceRecords } from '../fixtures/restored-record.ts'
import { httpSource } from '../spark/http-source.ts'

const PASS = passId('p-1')
const { signal } = new AbortController()

/** Of listings, whose schema follows the metadata, test/e2e compares every value. */
const WRITTEN_BY_HAND = RESOURCES.filter(({ fields }) => fields.from === 'schema')

/** The schemas of a resource, and what encodes and reads its events. */
async function openEvents(resource: ListedResource, { url }: LoopbackRegistry) {
  const registry = new SchemaRegistry({ url })
  const topic = `spark.${resource.name}`
  const schemas = new EventSchemas({
    registry,
    topic,
    resource,
    volatileFields: [],
    readSchema: readSchemaFile,
  })
  await schemas.use([], signal)
  return {
    encoder: new AvroContentEncoder(new Map([[resource.name, { schemas, limit: DEFAULT_LIMIT }]])),
    codec: await EventCodec.open(new Map([[resource.name, schemas]]), signal),
    writers: new WriterSchemas(registry),
  }
}

async function snapshot(
  resource: ListedResource,
  { url, simulator }: SimulatorServer,
  encoder: ContentEncoder,
) {
  const publisher = new MemoryPublisher()
  await using source = httpSource({
    apiUrl: url,
    accessToken: simulator.accessToken,
    pageLimit: 15,
    onDate: (date) => twins.serverClock.note(date, SYSTEM_CLOCK.now()),
  })
  const twins = assembleFeed({
    source,
    publisher,
    index: new MemoryKeyIndex(),
    topics: publisher,
    clock: SYSTEM_CLOCK,
    observer: new CollectingObserver(),
  })
  const feed = { ...twins, committer: new PageCommitter({ ...twins, encoder }) }
  const { counts } = await runSnapshot(feed, resource, signal)
  return { counts, upserts: [...publisher.live().values()] }
}

/** What the source has of each key and what of that is content. */
function said(resource: ListedResource, { simulator }: SimulatorServer) {
  const collection = simulator.collection(resource.name)
  if (collection === undefined) throw new Error(`The simulator has no ${resource.name}.`)
  const { stamp, volatileFields } = resource
  return sourceRecords(collection, ['Id', 'ResourceUri', stamp ?? '', ...volatileFields])
}

describe.each(WRITTEN_BY_HAND)('a snapshot of $name', (resource) => {
  test('has every record of the simulator as it is there (R12)', async () => {
    await using server = await startSimulator({ listings: 200 })
    await using registry = await LoopbackRegistry.start()
    const { encoder, codec, writers } = await openEvents(resource, registry)
    const { counts, upserts } = await snapshot(resource, server, encoder)

    const told = new Map<string, unknown>()
    for (const upsert of upserts) {
      const { value } = await decodeValue(
        Buffer.concat(codec.upserted(resource, upsert, PASS)),
        writers,
        signal,
      )
      told.set(upsert.key, restoredRecord(z.looseObject({}).parse(value)[resource.events.content]))
    }
    expect(told).toEqual(said(resource, server))
    expect(told.size).toBeGreaterThan(0)
    expect(counts).toEqual({ published: told.size, unchanged: 0, stale: 0, dead_lettered: 0 })
  })
})
