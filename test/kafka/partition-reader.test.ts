import type { FetchRequest, FetchResponse } from 'kafkajs/src/cluster/index.js'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'

import type { KafkaCluster } from '../../src/kafka/cluster.ts'
import { Cursor } from '../../src/kafka/cursor.ts'
import { PartitionReader } from '../../src/kafka/partition-reader.ts'
import { Troubles } from '../../src/kafka/troubles.ts'
import { NOBODY } from '../../src/support/tries.ts'
import { batch } from './fetched.ts'

const NEVER = new AbortController().signal

type Answer = (request: FetchRequest) => Promise<FetchResponse>

/** A cluster of which each broker leads the partition of its number. */
function clusterOf(brokers: readonly Answer[]): KafkaCluster {
  const inner = {
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    findLeaderForPartitions: (_: string, [partition]: readonly number[]) => ({
      [String(partition)]: [partition],
    }),
    findBroker: async ({ nodeId }: { readonly nodeId: string }) => ({ fetch: brokers[Number(nodeId)] }),
  }
  const client = { troubles: new Troubles(), fetchCluster: () => inner, close: async () => undefined }
  return { tries: NOBODY, newClient: () => client } as unknown as KafkaCluster
}

function answering(offsets: readonly number[]): Answer {
  return async ({ topics }) => {
    const { topic, partitions } = topics[0]!
    const [{ partition, fetchOffset }] = [partitions[0]!]
    const from = Number(fetchOffset)
    const messages = offsets
      .filter((offset) => offset >= from)
      .flatMap((offset) => batch('p', offset, offset, [offset]))
    const found = { partition, lastStableOffset: '100', abortedTransactions: [], messages }
    return { responses: [{ topicName: topic, partitions: [found] }] }
  }
}

describe('several leaders', () => {
  test('what one of them sends is not passed over where another one fails', async () => {
    let failures = 1
    const failing: Answer = async (request) => {
      if (failures > 0) {
        failures -= 1
        await new Promise((resolve) => setImmediate(resolve))
        throw new kafkajs.KafkaJSConnectionError('gone')
      }
      return await answering([7])(request)
    }
    await using reader = new PartitionReader(clusterOf([answering([3, 4]), failing]), { topics: ['t'] })
    const cursors = [new Cursor('t', 0, 3, Infinity), new Cursor('t', 1, 7, Infinity)]
    const batches = await reader.fetch(cursors, 10, NEVER)
    expect(
      batches.map(({ partition, records }) => [partition, ...records.map(({ offset }) => offset)]),
    ).toEqual([
      [0, 3, 4],
      [1, 7],
    ])
  })
})
