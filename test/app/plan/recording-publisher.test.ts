import { expect, test } from 'vitest'

import { RecordingPublisher } from '../../../src/app/plan/recording-publisher.ts'
import { partitionFor } from '../../../src/kafka/partition.ts'
import type { TransactionPart, TransactionRequest } from '../../../src/replication/ports.ts'
import { SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { deletionOf, upsertOf } from '../../fixtures/change.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'
import { transactionPart } from '../../fixtures/transaction.ts'

const NEVER = new AbortController().signal
const ENDS = { listings: [10, 20, 30], 'listing-photos': [0, 0, 0] }

function request(...parts: readonly Partial<TransactionPart>[]): TransactionRequest {
  return { parts: parts.map(transactionPart), progress: progressOf(), watermark: null, markers: [] }
}

const PHOTOS = SUBRESOURCES.find(({ part }) => part === 'photos') ?? expect.unreachable()

test('what would be published lies behind what the topics have, as Kafka would place it (R9 c)', async () => {
  const told: TransactionRequest[] = []
  const publisher = new RecordingPublisher({ seq: 7, nextOffsets: ENDS }, (one) => told.push(one))
  const wanted = request({ changes: [upsertOf('a'), upsertOf('a'), deletionOf('a')] })
  const { seq, positions, nextOffsets } = await publisher.commit(wanted, NEVER)
  const partition = partitionFor('a', 3)
  const end = ENDS.listings[partition] ?? 0
  expect(seq).toBe(8)
  expect(positions).toEqual([[end, end + 1, end + 3].map((offset) => ({ partition, offset }))])
  expect(nextOffsets['listings']?.[partition]).toBe(end + 4)
  expect(publisher.nextOffsets(LISTINGS.name)).toEqual(nextOffsets['listings'])
  expect(told).toEqual([wanted])
})

test('of a set a deletion is the tombstone alone (R13)', async () => {
  const publisher = new RecordingPublisher({ seq: 0, nextOffsets: ENDS }, () => undefined)
  const part = { resource: PHOTOS, changes: [deletionOf('a')] }
  const { positions } = await publisher.commit(request(part), NEVER)
  expect(positions).toEqual([[{ partition: partitionFor('a', 3), offset: 0 }]])
})

test('nothing is told for a signal that has aborted', async () => {
  const publisher = new RecordingPublisher({ seq: 0, nextOffsets: ENDS }, () => expect.unreachable())
  await expect(publisher.commit(request(), AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
})
