import { expect, test } from 'vitest'

import type { SweepCertificate } from '../../src/domain/certificate.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import { WriterSchemas } from '../../src/events/registry/writer-schemas.ts'
import { newestCertificates } from '../../src/feed/certificate-log.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { SetDigester } from '../../src/support/set-digest.ts'
import { untilReadable } from '../fixtures/end-offsets.ts'
import { LISTING_PHOTOS } from '../fixtures/resources.ts'
import { page, TestFeed } from '../publisher/test-feed.ts'

const NEVER = new AbortController().signal
/** More than are read at once. */
const MARKERS_BETWEEN = 2_500

function certificate(resource: ResourceDescription, pass: string, end: number): SweepCertificate {
  const digester = new SetDigester()
  digester.add(pass, new Uint8Array(16).fill(end))
  const at = instant(Date.UTC(2026, 4, 2))
  return { resource: resource.name, passId: passId(pass), at, endOffsets: [end, end, end], ...digester.end() }
}

test('of each resource the newest certificate that fits is found, however far back, and read as it was written', async () => {
  await using feed = await TestFeed.open(undefined, [LISTINGS, LISTING_PHOTOS])
  await using instance = await feed.takeOver()
  const { publisher, state } = instance
  const old = [certificate(LISTINGS, 'old', 1), certificate(LISTING_PHOTOS, 'old', 1)]
  const newer = certificate(LISTINGS, 'newer', 2)
  const { progress } = page([])
  const marker = { event: 'started', progress, detail: null } as const
  await publisher.commit(page([], { certificates: [certificate(LISTINGS, 'first', 0), ...old] }), NEVER)
  await publisher.commit(
    page([], { markers: Array.from({ length: MARKERS_BETWEEN }, () => marker), certificates: [newer] }),
    NEVER,
  )
  await untilReadable(feed.cluster, feed.names.control, NEVER)
  const search = {
    cluster: feed.cluster,
    topic: feed.names.control,
    schemas: new WriterSchemas(feed.registry),
  }
  const names = [LISTINGS.name, LISTING_PHOTOS.name]
  const published = (one: SweepCertificate): object => {
    return { ...one, topic: `${feed.names.prefix}.${one.resource}`, generation: state.generation }
  }
  const newest = await newestCertificates(search, names, () => true, NEVER)
  expect(newest.get(LISTINGS.name)).toEqual({ fitting: published(newer), newest: published(newer) })
  expect(newest.get(LISTING_PHOTOS.name)?.fitting).toEqual(published(old[1]!))

  const fits = ({ endOffsets }: SweepCertificate): boolean => (endOffsets[0] ?? 0) < 2
  const older = await newestCertificates(search, names, fits, NEVER)
  expect(older.get(LISTINGS.name)).toEqual({ fitting: published(old[0]!), newest: published(newer) })

  const none = await newestCertificates(search, names, () => false, NEVER)
  expect(none.get(LISTINGS.name)).toEqual({ fitting: undefined, newest: published(newer) })
})
