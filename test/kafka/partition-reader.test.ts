import type { WireRequest } from 'kafkajs/src/cluster/index.js'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import type { KafkaCluster } from '../../src/kafka/cluster.ts'
import { Cursor, type FetchedPartition } from '../../src/kafka/cursor.ts'
import { PartitionReader } from '../../src/kafka/partition-reader.ts'
import { Troubles } from '../../src/kafka/troubles.ts'
import { NOBODY } from '../../src/support/tries.ts'
import { dataBatch } from './log-bytes.ts'

const NEVER = new AbortController().signal

type Answer = () => Promise<FetchedPartition>

/** A cluster of which each broker leads the partition of its number. */
function clusterOf(brokers: readonly Answer[], maxVersion = 13): KafkaCluster {
  const inner = {
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    findLeaderForPartitions: (_: string, [partition]: readonly number[]) => ({
      [String(partition)]: [partition],
    }),
    findBroker: async ({ nodeId }: { readonly nodeId: string }) => ({
      versions: { 1: { minVersion: 0, maxVersion } },
      connectionPool: {
        send: async ({ request, response }: WireRequest<readonly FetchedPartition[]>) => {
          await request.encode()
          const answers = [(await brokers[Number(nodeId)]?.()) ?? []].flat()
          return await response.parse({ answers })
        },
      },
    }),
  }
  const client = { troubles: new Troubles(), fetchCluster: () => inner, close: async () => undefined }
  return { tries: NOBODY, newClient: () => client } as unknown as KafkaCluster
}

function answering(partition: number, offsets: readonly number[]): Answer {
  const batches = Buffer.concat(offsets.map((offset) => dataBatch(1n, offset, offset, [offset])))
  return async () => ({ topic: 't', partition, lastStableOffset: 100, aborted: [], batches })
}

describe('several leaders', () => {
  test('what one of them sends is not passed over where another one fails', async () => {
    let failures = 1
    const failing: Answer = async () => {
      if (failures > 0) {
        failures -= 1
        await new Promise((resolve) => setImmediate(resolve))
        throw new kafkajs.KafkaJSConnectionError('gone')
      }
      return await answering(1, [7])()
    }
    await using reader = new PartitionReader(clusterOf([answering(0, [3, 4]), failing]), { topics: ['t'] })
    const cursors = [new Cursor('t', 0, 3, Infinity), new Cursor('t', 1, 7, Infinity)]
    const batches = await reader.fetch(cursors, 10, NEVER)
    expect(
      batches.map(({ partition, records }) => [partition, ...records.map(({ offset }) => offset)]),
    ).toEqual([
      [0, 3, 4],
      [1, 7],
    ])
  })

  test('a broker that is too old to be read is named at once, not tried again', async () => {
    await using reader = new PartitionReader(clusterOf([answering(0, [3])], 3), { topics: ['t'] })
    await expect(reader.fetch([new Cursor('t', 0, 3, Infinity)], 10, NEVER)).rejects.toMatchObject({
      code: 'KAFKA_REJECTED',
      message: expect.stringContaining('0.11'),
    })
  })
})
