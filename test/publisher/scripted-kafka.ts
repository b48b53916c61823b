import { KafkaCommitUnknown, KafkaOffsetSeenBefore } from '../../src/kafka/errors.ts'
import { wholeValue, type OutgoingRecord } from '../../src/kafka/outgoing-record.ts'
import type { Appended, Transaction } from '../../src/kafka/transaction.ts'
import { instant } from '../../src/domain/instant.ts'
import { KafkaPublisher, type PublisherOptions } from '../../src/publisher/kafka-publisher.ts'
import type { FeedProducer } from '../../src/publisher/owned-producer.ts'
import { virtualTimer } from '../fixtures/virtual-timer.ts'
import { topicNames } from '../../src/feed/topic-names.ts'

/** What the commit of a transaction comes to, and what the client says of it. */
export interface CommitFate {
  readonly visible: boolean
  /** Thrown by `commit`; undefined says yes. */
  readonly error?: unknown
}

const COMMITTED: CommitFate = { visible: true }
const OURS = { instanceId: 'ours', host: 'host-1', pid: 1 }
const THEIRS = { instanceId: 'theirs', host: 'host-2', pid: 2 }

/** Topics in memory behind the seams of `KafkaPublisher`, and a script of what goes wrong with them. */
export class ScriptedKafka {
  /** Values as they were sent, of committed transactions alone, with their topic. */
  readonly visible: { readonly topic: string; readonly record: OutgoingRecord }[] = []
  /** Of transactions that were given up, too. */
  readonly sent: { readonly topic: string; readonly record: OutgoingRecord }[] = []
  /** One each commit, in order; then all are committed. */
  readonly commits: CommitFate[] = []
  /** One each reading of the checkpoints, in order; `undefined` reads. */
  readonly refusals: unknown[] = []
  /** Called before each send. */
  onSend: (signal: AbortSignal) => Promise<void> | void = () => undefined
  onDispose: () => void = () => undefined
  rival = false
  #ends = new Map<string, number>()

  readonly log: PublisherOptions['log'] & { taken: number } = Object.assign(
    {
      taken: 0,
      refresh: async (signal: AbortSignal): Promise<void> => {
        signal.throwIfAborted()
        const refusal = this.refusals.shift()
        if (refusal !== undefined) throw refusal
        this.log.taken = this.seqs().at(-1) ?? 0
      },
    },
    { owner: undefined, seq: 0 },
  )

  constructor() {
    Object.defineProperties(this.log, {
      owner: { get: () => (this.rival ? THEIRS : OURS) },
      seq: { get: () => this.log.taken },
    })
  }

  publisher(over: Partial<PublisherOptions> = {}): KafkaPublisher {
    return new KafkaPublisher({ ...this.#options(), ...over }, this.#producer())
  }

  /** Of the checkpoints that a reader sees. */
  seqs(): readonly number[] {
    const values = this.visible.filter(({ topic }) => topic.endsWith('.checkpoints'))
    return values.map(({ record }) => Number(JSON.parse(String(wholeValue(record.value!))).seq))
  }

  /** Keys of the events that a reader sees. */
  keys(): readonly string[] {
    return this.visible
      .filter(({ topic }) => topic.endsWith('.listings'))
      .map(({ record }) => String(record.key))
  }

  #options(): PublisherOptions {
    const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value))
    return {
      names: topicNames('spark'),
      eventCodec: {
        upserted: (_, upsert) => [json(upsert)],
        deleted: (_, deletion) => json(deletion),
      },
      stateCodec: {
        checkpoint: ({ seq, progress, rows }) => json({ seq, progress, rows: [...rows.keys()] }),
        watermark: ({ seq }) => json({ seq }),
        marker: json,
        certificate: json,
        rowTopics: ({ seq, rows }) => json({ seq, rows: [...rows.keys()] }),
        truncation: json,
        heldKeys: json,
        pauses: json,
        notification: json,
      },
      log: this.log,
      owner: {
        ...OURS,
        dataDir: '/data',
        startedAt: instant(0),
        aliveAt: instant(0),
        version: 'test',
        generation: 1,
        seq: 0,
        source: null,
        clusterId: 'cluster',
      },
      generation: 1,
      source: { host: 'replication.example', userId: 'user-1', mlsId: 'mls-1' },
      nextOffsets: {},
      startOffsets: {},
      rows: new Map(),
      rowCodec: undefined,
      completedAt: new Map(),
      deadLetterBytes: undefined,
      partitions: new Map([['listings', 1]]),
      openProducer: async () => this.#producer(),
      transactionTimeoutMs: 60_000,
      settleWithinMs: 60_000,
      onTransaction: () => undefined,
      onDoubt: () => undefined,
      now: () => instant(0),
      timer: virtualTimer(),
    }
  }

  #producer(): FeedProducer {
    return {
      begin: async () => this.#transaction(),
      [Symbol.asyncDispose]: async () => this.onDispose(),
    }
  }

  #transaction(): Transaction {
    const records: { readonly topic: string; readonly record: OutgoingRecord }[] = []
    return {
      send: async (appends, signal): Promise<readonly Appended[]> => {
        await this.onSend(signal)
        return appends.map(({ topic, records: batch, end = 0 }) => {
          const baseOffset = this.#ends.get(topic) ?? 0
          if (baseOffset < end) throw new KafkaOffsetSeenBefore(topic, 0, baseOffset, end - 1)
          this.#ends.set(topic, baseOffset + batch.length)
          records.push(...batch.map((record) => ({ topic, record })))
          this.sent.push(...batch.map((record) => ({ topic, record })))
          return {
            offsets: batch.map((_, i) => baseOffset + i),
            baseOffset,
            nextOffset: baseOffset + batch.length,
          }
        })
      },
      commit: async () => {
        const fate = this.commits.shift() ?? COMMITTED
        if (fate.visible) {
          this.visible.push(...records)
          for (const { topic } of records) this.#ends.set(topic, (this.#ends.get(topic) ?? 0) + 1)
        }
        if (fate.error !== undefined) throw fate.error
      },
      abort: async () => undefined,
    }
  }
}

export function lostAnswer(cause: unknown = new Error('the connection broke')): KafkaCommitUnknown {
  return new KafkaCommitUnknown('It is not known whether it was committed.', cause)
}
