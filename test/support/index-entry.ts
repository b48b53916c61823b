import * as fc from 'fast-check'
import type { Digest, SchemaId } from '../../src/listing/content.ts'
import { instant } from '../../src/listing/instant.ts'
import { recordKey } from '../../src/listing/record-key.ts'
import type { FeedIdentity, IndexEntry } from '../../src/replication/ports.ts'

export function indexEntry(over: Partial<IndexEntry> = {}): IndexEntry {
  return {
    state: 'live',
    digest: '00112233445566778899aabbccddeeff' as Digest,
    schemaId: 7 as SchemaId,
    modificationTimestamp: instant(Date.UTC(2026, 4, 2, 14, 3, 9)),
    observedAt: instant(Date.UTC(2026, 4, 2, 14, 10)),
    changeStamps: { photos: instant(Date.UTC(2026, 4, 1)), videos: null, documents: null },
    mlsId: '20990101000000000000000000',
    partition: 1,
    offset: 41,
    request: 3,
    ...over,
  }
}

export function feedIdentity(over: Partial<FeedIdentity> = {}): FeedIdentity {
  return {
    generation: 1,
    prefix: 'spark',
    clusterId: 'cluster-a',
    source: { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' },
    partitions: { listings: 3, 'listing-photos': 3 },
    ...over,
  }
}

const instants = fc.integer({ min: -8.64e15, max: 8.64e15 }).map(instant)
const instantsOrNull = fc.option(instants)
const positions = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })

const digests = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as Digest)

const anyState = {
  state: fc.constantFrom('live', 'deleted', 'dead_lettered'),
  digest: digests,
  schemaId: fc.integer({ min: 0, max: 0xffff_ffff }).map((id) => id as SchemaId),
  modificationTimestamp: instantsOrNull,
  observedAt: instants,
  changeStamps: fc.record({ photos: instantsOrNull, videos: instantsOrNull, documents: instantsOrNull }),
  mlsId: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })),
  partition: fc.integer({ min: -1, max: 0x7fff_ffff }),
  offset: positions,
  request: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
} as const

export const indexEntries: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record(anyState),
  fc.record({ ...anyState, state: fc.constant('dead_lettered'), publishedDigest: digests }),
)

/** Few, so that keys repeat; of all allowed characters, so that their order is tested. */
export const recordKeys = fc
  .constantFrom('0', '00', '1', '10', '9', 'A', 'Z.1', 'Z-1', 'Z_1', 'a', 'zz', '20260502140309000000000001')
  .map(recordKey)
