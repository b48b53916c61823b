import { describe, expect, test } from 'vitest'

import { recordKey } from '../../src/domain/record-key.ts'
import { NO_KEYS } from '../../src/replication/classify-page.ts'
import { PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import type { IndexView } from '../../src/replication/ports.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { certificatesOf, replayed, wrongCertificates } from '../fixtures/certified.ts'
import { feedAfterSnapshot, type MemoryFeed } from '../fixtures/memory-feed.ts'
import { keyRecord, SERVER_TIME, sourceRecord } from '../fixtures/scripted-source.ts'
import { PHOTOS, ROOMS, WITH_SETS } from './sets/sets-feed.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000

/** A feed of `known`, whose source shows `shown`. */
function swept(
  known: readonly string[],
  shown: readonly string[],
  over: Parameters<typeof feedAfterSnapshot>[2] = {},
): Promise<MemoryFeed> {
  const records = (keys: readonly string[]) => keys.map((key) => sourceRecord(key))
  const walks = [[{ records: shown.map(keyRecord) }]]
  return feedAfterSnapshot(records(known), { walks, counts: [shown.length], records: records(shown) }, over)
}

const purge = ({ feed }: MemoryFeed, options: Partial<Parameters<typeof runPurge>[2]> = {}) =>
  runPurge(feed, LISTINGS, { ...PLAIN_PASS, dryRun: false, ...options }, signal)

describe('the certificate of a sweep', () => {
  test('says what the topic holds without what the sweep has deleted, in the transaction that completes it (R1)', async () => {
    const opened = await swept(['1', '2', '3'], ['1', '3'])
    const { progress } = await purge(opened)
    const [last] = opened.committed().slice(-1)
    expect(last?.request.markers.map(({ event }) => event)).toEqual(['completed'])
    const endOffsets = opened.publisher.nextOffsets(LISTINGS.name)
    expect(last?.request.certificates).toEqual([
      {
        resource: 'listings',
        passId: progress.passId,
        at: SERVER_TIME + HOUR_MS,
        endOffsets,
        ...replayed(opened.publisher, { resource: LISTINGS.name, endOffsets }),
      },
    ])
    expect(last?.request.certificates?.[0]?.keys).toBe(2)
    expect(certificatesOf(opened.publisher)).toHaveLength(1)
  })

  test('is there for each kind of sets that the resource has, too, be there none of them', async () => {
    const opened = await swept(['1', '2'], ['1'], { over: { resources: [WITH_SETS] } })
    await runPurge(opened.feed, WITH_SETS, { ...PLAIN_PASS, dryRun: false }, signal)
    const certified = opened.certificates().map(({ resource, keys }) => [resource, keys])
    expect(certified).toEqual([
      ['listings', 1],
      [PHOTOS.name, 0],
      [ROOMS.name, 0],
    ])
    expect(wrongCertificates(opened.publisher)).toEqual([])
  })

  test('is not made of a sweep that is held, of a dry run, or of one that failed (R10)', async () => {
    const known = Array.from({ length: 30 }, (_, i) => String(100 + i))
    const over = { guard: { maxDeletes: 2, maxRatio: 0.1 } }
    const held = await swept(known, known.slice(0, 5), { over })
    expect(await purge(held)).toMatchObject({ progress: { state: 'held' } })
    const dry = await swept(['1', '2'], ['1'])
    await purge(dry, { dryRun: true })
    const failed = await swept(['1', '2'], ['1'])
    failed.publisher.failBeforeCommit(0, new Error('the broker is away'))
    await expect(purge(failed)).rejects.toThrow()
    expect([held, dry, failed].flatMap(({ publisher }) => certificatesOf(publisher))).toEqual([])
  })

  test('belongs to the offsets at which the index was looked at, and holds up no other pass meanwhile', async () => {
    const opened = await swept(['1', '2'], ['1'])
    const { index, publisher } = opened
    let before: readonly number[] = []
    const view = index.view.bind(index)
    index.view = (): IndexView => {
      const taken = view()
      return {
        // What an update commits while the certificate is made.
        contents: async (...args) => {
          before = publisher.nextOffsets(LISTINGS.name)
          await commitNew(opened, '9')
          return taken.contents(...args)
        },
        [Symbol.asyncDispose]: () => taken[Symbol.asyncDispose](),
      }
    }
    await purge(opened)
    expect(opened.certificates()).toMatchObject([{ endOffsets: before, keys: 1 }])
    expect(publisher.live().has(recordKey('9'))).toBe(true)
    expect(wrongCertificates(publisher)).toEqual([])
  })
})

async function commitNew({ feed }: MemoryFeed, key: string): Promise<void> {
  const progress = feed.state.lastPass(LISTINGS.name, 'snapshot')
  if (progress === undefined) throw new Error('There was no snapshot.')
  const page = {
    records: [sourceRecord(key)],
    unreadable: [],
    request: 1_000,
    observedAt: feed.clock.now(),
    askedAgain: false,
    lettered: NO_KEYS,
    withholding: 'nothing',
  } as const
  const commitment = { progress, watermark: null, markers: [] }
  await feed.committer.commitPage(LISTINGS, page, false, () => commitment, signal)
}
