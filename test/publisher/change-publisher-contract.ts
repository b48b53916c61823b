import { describe, expect, test } from 'vitest'

import type { Upsert } from '../../src/domain/change.ts'
import type { FeedState } from '../../src/domain/feed-state.ts'
import { standing, type HeldChunk, type HeldKey, type KnownHold } from '../../src/domain/hold.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId, trackOf } from '../../src/domain/pass.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import type {
  ChangePublisher,
  HoldReader,
  Receipt,
  TransactionPart,
  TransactionRequest,
} from '../../src/replication/ports.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { deletionOf } from '../fixtures/change.ts'
import { LISTING_PHOTOS } from '../fixtures/resources.ts'
import { transactionPart } from '../fixtures/transaction.ts'
import { page, progress } from './test-feed.ts'

export const CONTRACT_RESOURCES: readonly ResourceDescription[] = [LISTINGS, LISTING_PHOTOS]

/** A record as a read-committed reader finds it. */
export interface FoundRecord {
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly isTombstone: boolean
}

/** What it reads may come a moment after a commit is answered. */
interface OpenedPublisher extends AsyncDisposable {
  readonly publisher: ChangePublisher
  /** One that the publisher can encode. */
  readonly upsert: (key: string) => Promise<Upsert>
  /** All of a resource's topic that is committed, by partition and offset. */
  readonly records: (resource: ResourceDescription) => Promise<readonly FoundRecord[]>
  /** What the checkpoints say to a process that takes over (R2). */
  readonly state: () => Promise<Pick<FeedState, 'watermarks' | 'passes' | 'pauses'>>
  /** Dead letters that wait, as `<resource>/<key>` in ascending order. */
  readonly letters: () => Promise<readonly string[]>
  /** What the topic of holds says to a process that takes over. */
  readonly holds: () => Promise<readonly KnownHold[]>
  /** Keys of a hold that stands. */
  readonly reader: HoldReader
  /** Whoever commits now, fails for an outage. */
  readonly breakDown: () => void
  readonly recover: () => void
}

/** A new publisher of `CONTRACT_RESOURCES`, whose topics are empty. */
export type OpenPublisher = () => Promise<OpenedPublisher>

const never = new AbortController().signal

const letter = (key: string) => ({ key: recordKey(key), reason: 'it is poison', body: { Id: key } })

function transaction(...parts: readonly Partial<TransactionPart>[]): TransactionRequest {
  return page([], { parts: parts.map(transactionPart) })
}

/** The cases that every `ChangePublisher` passes. */
export function changePublisherContract(name: string, open: OpenPublisher): void {
  describe(`${name} as a publisher of changes`, () => {
    recordCases(open)
    stateCases(open)
    holdCases(open)
    failureCases(open)
  })
}

function recordCases(open: OpenPublisher): void {
  test('answers where each change of each part lies, a deletion by its tombstone (R1, R13)', async () => {
    await using opened = await open()
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(opened.upsert))
    const requests = [
      transaction({ changes: [a!, b!] }, { resource: LISTING_PHOTOS, changes: [b!, c!] }),
      transaction({ resource: LISTING_PHOTOS, changes: [a!] }),
      transaction(
        { changes: [deletionOf('a'), c!] },
        { resource: LISTING_PHOTOS, changes: [deletionOf('a')] },
      ),
    ]
    const receipts: Receipt[] = []
    for (const request of requests) receipts.push(await opened.publisher.commit(request, never))
    for (const resource of CONTRACT_RESOURCES) {
      const found = await opened.records(resource)
      const said = requests.flatMap(({ parts }, n) =>
        parts.flatMap((part, i) =>
          part.resource === resource
            ? part.changes.map((change, j) => ({ change, position: receipts[n]!.positions[i]![j]! }))
            : [],
        ),
      )
      const expected = said.flatMap(({ change: { kind, key }, position: { partition, offset } }) =>
        kind === 'upsert'
          ? [{ key, partition, offset, isTombstone: false }]
          : [
              { key, partition, offset: offset - 1, isTombstone: false },
              { key, partition, offset, isTombstone: true },
            ],
      )
      expect(found).toEqual(expected.toSorted((x, y) => x.partition - y.partition || x.offset - y.offset))
    }
  })

  test('one key has one partition of its topic, and its records are in the order of their commits (R6)', async () => {
    await using opened = await open()
    for (let n = 0; n < 4; n += 1) {
      const change = n % 2 === 0 ? await opened.upsert('again') : deletionOf('again')
      await opened.publisher.commit(transaction({ changes: [change] }), never)
    }
    const found = await opened.records(LISTINGS)
    expect(new Set(found.map(({ partition }) => partition)).size).toBe(1)
    expect(found.map(({ isTombstone }) => isTombstone)).toEqual([false, false, true, false, false, true])
  })

  test('next offsets are those after the last transaction, above every record of it, and as they were without one (R2)', async () => {
    await using opened = await open()
    const { publisher } = opened
    const ends = () => CONTRACT_RESOURCES.map(({ name }) => publisher.nextOffsets(name))
    const [none, ofPhotos] = ends()
    expect(none!.every((offset) => offset === 0)).toBe(true)
    const { positions, nextOffsets } = await publisher.commit(
      transaction({ changes: await Promise.all(['a', 'b', 'c', 'd'].map(opened.upsert)) }),
      never,
    )
    const [listings, photos] = ends()
    expect(listings).toEqual(nextOffsets[LISTINGS.name])
    expect(photos).toEqual(ofPhotos)
    for (const { partition, offset } of positions[0]!) expect(listings![partition]).toBeGreaterThan(offset)
    const empty = await publisher.commit(transaction({}), never)
    expect(empty.nextOffsets[LISTINGS.name]).toEqual(listings)
    expect(ends()).toEqual([listings, photos])
  })

  test('an earlier receipt does not change with later transactions', async () => {
    await using opened = await open()
    const { publisher } = opened
    const first = await publisher.commit(transaction({ changes: [await opened.upsert('a')] }), never)
    const before = structuredClone(first)
    await publisher.commit(transaction({ changes: [await opened.upsert('a')] }), never)
    expect(first).toEqual(before)
  })
}

function stateCases(open: OpenPublisher): void {
  test('each transaction has the next number, and its checkpoint is found by who takes over (R1, R2)', async () => {
    await using opened = await open()
    const { publisher } = opened
    const seqs: number[] = []
    const update = progress({ pass: 'update', passId: passId('update-1'), page: 4, token: 'next' })
    const photos = progress({ resource: LISTING_PHOTOS.name, page: 9 })
    for (const one of [progress(), photos, update, { ...update, page: 5 }]) {
      seqs.push((await publisher.commit(page([], { progress: one }), never)).seq)
    }
    expect(seqs).toEqual([1, 2, 3, 4])
    const last = [progress(), photos, { ...update, page: 5 }]
    await expect
      .poll(async () => (await opened.state()).passes)
      .toEqual(new Map(last.map((one) => [trackOf(one), one])))
  })

  test("a watermark is that of the pass's resource, and null leaves it (R4)", async () => {
    await using opened = await open()
    const at = instant(1_760_000_000_000)
    await opened.publisher.commit(page([], { watermark: at }), never)
    await opened.publisher.commit(page([], { watermark: null }), never)
    await expect.poll(async () => (await opened.state()).watermarks).toEqual(new Map([[LISTINGS.name, at]]))
  })

  test('the pauses of the last transaction that says any stand, whatever else is committed', async () => {
    await using opened = await open()
    const pauses = [{ resource: null, since: instant(1_760_000_000_000), until: null }]
    await opened.publisher.commit({ ...transaction(), parts: [], pauses }, never)
    await opened.publisher.commit(page([], {}), never)
    await expect.poll(async () => (await opened.state()).pauses).toEqual(pauses)
    await opened.publisher.commit({ ...transaction(), parts: [], pauses: [] }, never)
    await expect.poll(async () => (await opened.state()).pauses).toEqual([])
  })

  test('a dead letter waits under its resource and key until a later transaction settles it (R12)', async () => {
    await using opened = await open()
    const { publisher } = opened
    await publisher.commit(
      transaction(
        { deadLetters: [letter('a'), letter('b')] },
        { resource: LISTING_PHOTOS, deadLetters: [letter('a')] },
      ),
      never,
    )
    await expect.poll(opened.letters).toEqual(['listing-photos/a', 'listings/a', 'listings/b'])
    await publisher.commit(
      transaction({ changes: [await opened.upsert('a')], settledLetters: [recordKey('a')] }),
      never,
    )
    await expect.poll(opened.letters).toEqual(['listing-photos/a', 'listings/b'])
    expect(await opened.records(LISTINGS)).toHaveLength(1)
  })
}

const HELD_AT = instant(1_760_000_000_000)

function heldKey(key: string, proof: HeldKey['proof'] = null): HeldKey {
  return {
    key: recordKey(key),
    proof,
    mlsId: proof === null ? null : 'mls-1',
    lastModificationTimestamp: proof === null ? null : HELD_AT,
    lastSeenAt: HELD_AT,
    position: proof === null ? null : { partition: 2, offset: 7 },
  }
}

const PROVED = { reason: 'OUT_OF_SCOPE', evidence: 'HTTP_404', at: HELD_AT } as const

function chunk(number: number, keys: readonly HeldKey[], whole: HeldChunk['whole'] = null): HeldChunk {
  const hold = {
    resource: LISTINGS.name,
    pass: 'purge',
    passId: passId('sweep-1'),
    kind: 'deletes',
    generation: 3,
    startedAt: instant(HELD_AT - 1),
    sweepOffsets: [4, 0, 9],
    heldAt: HELD_AT,
    rejectedAt: null,
    why: 'too many',
  } as const
  return { hold, chunk: number, whole, keys }
}

function holdCases(open: OpenPublisher): void {
  test('what is held is known once its last record is there, and read with all that is known of its keys (R10)', async () => {
    await using opened = await open()
    const { publisher } = opened
    const first = chunk(0, [heldKey('a', PROVED), heldKey('b')])
    const last = chunk(1, [heldKey('c')], { chunks: 2, keys: 3 })
    await publisher.commit(page([], { holds: { written: [first], ended: [] } }), never)
    await expect.poll(opened.holds).toEqual([{ hold: first.hold, chunks: new Set([0]), whole: null }])
    await publisher.commit(page([], { holds: { written: [last], ended: [] } }), never)
    const known = { hold: first.hold, chunks: new Set([0, 1]), whole: { chunks: 2, keys: 3 } }
    const read: HeldKey[] = []
    for await (const keys of opened.reader.keys(standing(known)!, never)) read.push(...keys)
    expect(read).toEqual([...first.keys, ...last.keys])
    expect(await opened.holds()).toEqual([known])
  })

  test('a record that is written again takes the place of the one before, and one that is ended is gone', async () => {
    await using opened = await open()
    const { publisher } = opened
    const whole = { chunks: 1, keys: 1 }
    const written = [chunk(0, [heldKey('a')]), chunk(1, [heldKey('b')])]
    await publisher.commit(page([], { holds: { written, ended: [] } }), never)
    const again = chunk(0, [heldKey('z')], whole)
    const id = { resource: LISTINGS.name, passId: again.hold.passId }
    await publisher.commit(page([], { holds: { written: [again], ended: [{ ...id, chunk: 1 }] } }), never)
    await expect.poll(opened.holds).toEqual([{ hold: again.hold, chunks: new Set([0]), whole }])
    const read: HeldKey[] = []
    for await (const keys of opened.reader.keys({ hold: again.hold, ...whole }, never)) read.push(...keys)
    expect(read.map(({ key }) => key)).toEqual(['z'])
    await publisher.commit(page([], { holds: { written: [], ended: [{ ...id, chunk: 0 }] } }), never)
    await expect.poll(opened.holds).toEqual([])
  })
}

function failureCases(open: OpenPublisher): void {
  const nothing = async (opened: OpenedPublisher): Promise<void> => {
    expect(await Promise.all(CONTRACT_RESOURCES.map(opened.records))).toEqual([[], []])
    expect(await opened.letters()).toEqual([])
    expect(await opened.holds()).toEqual([])
    expect((await opened.state()).passes.size).toBe(0)
  }

  test('an outage leaves nothing, and the same call is committed once when it is over (R1)', async () => {
    await using opened = await open()
    const { publisher } = opened
    const changes = [await opened.upsert('a')]
    const request: TransactionRequest = {
      ...transaction({ changes, deadLetters: [letter('b')] }, { resource: LISTING_PHOTOS, changes }),
      holds: { written: [chunk(0, [heldKey('a')], { chunks: 1, keys: 1 })], ended: [] },
    }
    opened.breakDown()
    await expect(publisher.commit(request, never)).rejects.toMatchObject({ retryable: true })
    opened.recover()
    await nothing(opened)
    expect((await publisher.commit(request, never)).seq).toBe(1)
    const found = await Promise.all(CONTRACT_RESOURCES.map(opened.records))
    expect(found.map((records) => records.map(({ key }) => key))).toEqual([['a'], ['a']])
  })

  test('for a signal that has aborted nothing is begun, and it rejects with the reason', async () => {
    await using opened = await open()
    const { publisher } = opened
    const request = transaction({ changes: [await opened.upsert('a')] })
    const reason = new Error('stop')
    await expect(publisher.commit(request, AbortSignal.abort(reason))).rejects.toBe(reason)
    await nothing(opened)
    expect((await publisher.commit(request, never)).seq).toBe(1)
  })

  test('a transaction with two parts of one resource is refused, and nothing of it is published', async () => {
    await using opened = await open()
    const { publisher } = opened
    const twice = transaction(
      { changes: [await opened.upsert('a')] },
      { changes: [await opened.upsert('b')] },
    )
    await expect(publisher.commit(twice, never)).rejects.toMatchObject({ code: 'INVARIANT_VIOLATION' })
    await nothing(opened)
    expect((await publisher.commit(transaction({}), never)).seq).toBe(1)
  })
}
