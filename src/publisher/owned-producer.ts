import type { CheckpointLog } from '../feed/checkpoint-log.ts'
import type { Owner } from '../feed/state-records.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { TransactionalProducer } from '../kafka/transactional-producer.ts'
import type { Transaction } from '../kafka/transaction.ts'
import type { Timer } from '../support/timer.ts'
import { FencedError } from './publisher-errors.ts'

/** So long has a rival to say that it is the owner, after its producer fenced this one's (R3). */
const GIVE_WAY_MS = 2_000
const GIVE_WAY_POLL_MS = 100

export type FeedProducer = Pick<TransactionalProducer, 'begin'> & AsyncDisposable

export interface OwnedProducerOptions {
  readonly names: Pick<TopicNames, 'prefix'>
  readonly log: Pick<CheckpointLog, 'refresh' | 'owner'>
  readonly owner: Pick<Owner, 'instanceId'>
  /** A new one of the feed's transactional id. */
  readonly openProducer: (signal: AbortSignal) => Promise<FeedProducer>
  readonly timer: Timer
}

/** The feed's one producer: thrown away after any error, and replaced as long as this instance owns the feed (R3). */
export class OwnedProducer {
  readonly #options: OwnedProducerOptions
  #producer: FeedProducer | undefined
  /** Begun with the producer, so that `InitProducerId` is done before the topics are read (R2). */
  #begun: Transaction | undefined

  /** `producer` has committed the owner record. */
  constructor(options: OwnedProducerOptions, producer: FeedProducer) {
    this.#options = options
    this.#producer = producer
  }

  async begin(signal: AbortSignal): Promise<Transaction> {
    const producer = await this.renew(signal)
    const begun = this.#begun ?? (await producer.begin(signal))
    this.#begun = undefined
    return begun
  }

  /**
   * Where the last producer was thrown away: reads the owner, opens a new producer, and reads the owner once more after
   * `InitProducerId`. From then on the checkpoint's `seq` is final.
   */
  async renew(signal: AbortSignal): Promise<FeedProducer> {
    if (this.#producer !== undefined) return this.#producer
    await this.requireOwnership(signal)
    const producer = await this.#options.openProducer(signal)
    this.#producer = producer
    this.#begun = await producer.begin(signal)
    await this.requireOwnership(signal)
    return producer
  }

  /** @throws {FencedError} if another instance has taken the feed; an idle one would not notice otherwise. */
  async requireOwnership(signal: AbortSignal): Promise<void> {
    await this.#options.log.refresh(signal)
    requireOwner(this.#options)
  }

  /**
   * A producer that came back at once would fence the rival's before that one's owner record is committed, and a busy
   * older instance would keep a newer one out for ever.
   */
  async giveWay(signal: AbortSignal): Promise<void> {
    const { timer } = this.#options
    const until = timer.monotonic() + GIVE_WAY_MS
    do {
      await timer.sleep(GIVE_WAY_POLL_MS, signal)
      try {
        await this.requireOwnership(signal)
      } catch (error) {
        // An outage is for the next producer to report.
        if (error instanceof FencedError || signal.aborted) throw error
      }
    } while (timer.monotonic() < until)
  }

  /** Never rejects: a failure to close must not hide what became of a transaction. */
  async discard(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    this.#begun = undefined
    try {
      await producer?.[Symbol.asyncDispose]()
    } catch {
      // The broker ends what it had open; the next producer's `InitProducerId` does so before.
    }
  }
}

/** @throws {FencedError} if the log, as far as it is read, names another instance */
export function requireOwner({
  log,
  owner,
  names,
}: Pick<OwnedProducerOptions, 'log' | 'owner' | 'names'>): void {
  if (log.owner !== undefined && log.owner.instanceId !== owner.instanceId) {
    throw new FencedError(names.prefix, log.owner)
  }
}
