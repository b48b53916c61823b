import { describe, expect, test } from 'vitest'

import { PartitionQueue } from '../../../src/consumer/sdk/partition-queue.ts'
import { RecordPump, type PumpOptions } from '../../../src/consumer/sdk/record-pump.ts'
import type { Cursor } from '../../../src/kafka/cursor.ts'
import type { RecordBatch } from '../../../src/kafka/read-topic.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { Pulse } from '../../../src/support/pulse.ts'

const VALUE = Buffer.alloc(1_000)

/** Partitions that never end, of records of a kilobyte; each fetch brings ten of each. */
class Endless {
  readonly asked: (readonly number[])[] = []
  readonly pulse = new Pulse()

  async fetch(cursors: readonly Cursor[]): Promise<readonly RecordBatch[]> {
    this.asked.push(cursors.map(({ partition }) => partition))
    this.pulse.beat()
    await new Promise((resolve) => setImmediate(resolve))
    return cursors.map((cursor) => {
      const records = Array.from({ length: 10 }, (_, at) => ({
        offset: cursor.position + at,
        timestamp: 0,
        key: Buffer.from('k'),
        value: VALUE,
        headers: {},
      }))
      cursor.position += 10
      return { ...placeOf(cursor), records, nextOffset: cursor.position, firstMissing: () => null }
    })
  }
}

const placeOf = ({ topic, partition }: Cursor) => ({ topic, partition })

function queueOf(partition: number): PartitionQueue {
  const start = { topic: 't', partition, position: 0, end: 0, committed: null }
  return new PartitionQueue(start, LISTINGS, () => undefined)
}

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('what is read ahead', () => {
  test('is bounded, whatever the topic holds; who is full is not asked for (R14)', async () => {
    const reader = new Endless()
    const queues = [queueOf(0), queueOf(1)]
    const options: PumpOptions = {
      reader,
      queues,
      maxBytes: 60_000,
      restart: undefined,
      onArrival: () => undefined,
    }
    await using pump = new RecordPump(options)
    await settled()
    const full = reader.asked.length
    for (const { bytes } of queues) {
      expect(bytes).toBeGreaterThanOrEqual(30_000)
      expect(bytes).toBeLessThan(30_000 + 10 * 1_200)
    }
    await settled()
    expect(reader.asked).toHaveLength(full)

    // One of them is emptied: it alone is filled again.
    while (queues[1]!.take() !== undefined);
    pump.roomMade()
    await settled()
    expect(new Set(reader.asked.slice(full).flat())).toEqual(new Set([1]))
    expect(queues[1]!.bytes).toBeGreaterThanOrEqual(30_000)
  })
})
