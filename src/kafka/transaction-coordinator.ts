import type Cluster from 'kafkajs/src/cluster/index.js'
import type { ProducingBroker } from 'kafkajs/src/cluster/index.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'

import { sleep } from '../support/abort.ts'
import { forget, isRefusal, mayPass, pauseAfter, versionOf } from './brokers.ts'
import { protocolTypeOf } from './client-failure.ts'
import { KafkaError } from './errors.ts'
import type { Partitions, ProducerIdentity } from './produce-request.ts'
import { ADD_PARTITIONS_TO_TXN, addPartitionsRequest } from './produce-request.ts'

const OF_TRANSACTIONS = 1
const ADD_PARTITIONS_VERSIONS = { least: 0, most: 1 }
/** Of a partition beside which the broker minds another one. */
const OPERATION_NOT_ATTEMPTED = 55

/** The coordinator moved or loads, or the last transaction's markers are still being written: nothing was done. */
const NOT_NOW: ReadonlySet<string | undefined> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'CONCURRENT_TRANSACTIONS',
])

/** Questions to the broker that keeps a transactional id; another one may keep it at any time. */
export class TransactionCoordinator {
  readonly #cluster: Cluster
  readonly #transactionalId: string
  #nodeId: string | undefined

  constructor(cluster: Cluster, transactionalId: string) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
  }

  /** InitProducerId: ends what another producer of the id has open, and fences it. */
  async init(transactionTimeoutMs: number, over: AbortSignal): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = await this.#ask(isNotNow, over, (broker) =>
      broker.initProducerId({
        transactionalId: this.#transactionalId,
        transactionTimeout: transactionTimeoutMs,
      }),
    )
    return { producerId: BigInt(producerId), epoch: producerEpoch }
  }

  /** AddPartitionsToTxn: opens the transaction with its first call. What is in it already may be named again. */
  async add(identity: ProducerIdentity, partitions: Partitions, over: AbortSignal): Promise<void> {
    await this.#ask(mayPass, over, async (broker) => {
      const version = versionOf(broker, ADD_PARTITIONS_TO_TXN, ADD_PARTITIONS_VERSIONS)
      if (version === undefined) {
        throw new KafkaError('The brokers know no transactions.', { code: 'KAFKA_REJECTED' })
      }
      const request = addPartitionsRequest(version, this.#transactionalId, identity, partitions)
      const answers = await broker.connectionPool.send(request)
      const failed = answers.filter(({ errorCode }) => errorCode !== 0)
      const cause = failed.find(({ errorCode }) => errorCode !== OPERATION_NOT_ATTEMPTED) ?? failed[0]
      if (cause !== undefined) throw createErrorFromCode(cause.errorCode)
    })
  }

  /**
   * EndTxn. Where the broker says that it did nothing it is asked again; a failure that says nothing of what was done is the
   * caller's (docs/kafka.md §2).
   */
  async end(
    { producerId, epoch }: ProducerIdentity,
    how: 'commit' | 'abort',
    over: AbortSignal,
  ): Promise<void> {
    await this.#ask(isNotNow, over, (broker) =>
      broker.endTxn({
        transactionalId: this.#transactionalId,
        producerId: String(producerId),
        producerEpoch: epoch,
        transactionResult: how === 'commit',
      }),
    )
  }

  /**
   * @param again whether a failure of the question, once it may have been heard, is tried again
   * @param over aborts when nothing is to be asked any more
   */
  async #ask<T>(
    again: (error: unknown) => boolean,
    over: AbortSignal,
    question: (broker: ProducingBroker) => Promise<T>,
  ): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      let asked: ProducingBroker | undefined
      try {
        const broker = await this.#find()
        over.throwIfAborted()
        asked = broker
        return await question(broker)
      } catch (error) {
        if (asked !== undefined && !isRefusal(error)) forget(this.#cluster, asked)
        const repeats = asked === undefined ? mayPass : again
        if (!repeats(error)) throw error
        if (protocolTypeOf(error) !== 'CONCURRENT_TRANSACTIONS') this.#nodeId = undefined
        await sleep(pauseAfter(error, failures), over)
      }
    }
  }

  /** Connected, as far as is known. */
  async #find(): Promise<ProducingBroker> {
    if (this.#nodeId !== undefined) return await this.#cluster.findBroker({ nodeId: this.#nodeId })
    await this.#cluster.refreshMetadataIfNecessary()
    const broker = await this.#cluster.findGroupCoordinator({
      groupId: this.#transactionalId,
      coordinatorType: OF_TRANSACTIONS,
    })
    this.#nodeId = String(broker.nodeId)
    return broker
  }
}

function isNotNow(error: unknown): boolean {
  return NOT_NOW.has(protocolTypeOf(error))
}
