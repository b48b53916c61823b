import { orAborted } from '../../support/abort.ts'
import { Pulse } from '../../support/pulse.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { EventError } from '../../events/event-error.ts'
import type { PartitionOffsets } from '../../kafka/cluster.ts'
import type { AssignedPartition } from '../../kafka/group-member.ts'
import type { Generation, Membership } from '../../kafka/membership.ts'
import type { PartitionReader } from '../../kafka/partition-reader.ts'
import type { CaughtUp, Change } from './change.ts'
import { Commits } from './commits.ts'
import { ConsumerUnreadable } from './consumer-errors.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Outstanding } from './offset-tracker.ts'
import { inOwnWords } from './own-words.ts'
import { PartitionQueue } from './partition-queue.ts'
import { readChange, type ReadValue } from './read-change.ts'
import type { ChangeRecords } from './record-folder.ts'
import { RecordPump } from './record-pump.ts'
import { patiently, type OnTrouble } from './trouble.ts'

/** So much of a partition may be handled out of its order, and comes again if the process ends. */
const MOST_AHEAD = 500

/** A change with what has to be said of it in the end: one of the two. */
export interface Delivery extends Outstanding {
  readonly type: 'delivery'
  readonly change: Change
  readonly records: ChangeRecords
  /** Aborts when it is not to be begun with, or tried again, any more. */
  readonly revoked: AbortSignal
  /** Aborts when it may be handled elsewhere, too, or is overdue. */
  readonly lost: AbortSignal
}

export interface ChangeStreamOptions {
  readonly resource: ResourceDescription
  /** The resource's. */
  readonly topic: string
  readonly membership: Membership
  readonly reader: PartitionReader
  readonly readValue: ReadValue
  /** Of each partition, when the reader began. */
  readonly ends: readonly PartitionOffsets[]
  /** Where a partition begins that has nothing committed. */
  readonly from: 'beginning' | 'end'
  /** Asked for anew where a place is lost; undefined: that is an error. */
  readonly offsetsNow: ((signal: AbortSignal) => Promise<readonly PartitionOffsets[]>) | undefined
  /** Where to records that cannot be read go; undefined: they are an error. */
  readonly unreadable: DeadLetters | undefined
  readonly maxBufferedBytes: number
  readonly commitIntervalMs: number
  readonly onTrouble: OnTrouble
}

/** The changes of a topic: of all its partitions, or of those that a group gives to this member. */
export class ChangeStream {
  readonly #options: ChangeStreamOptions
  readonly #pulse = new Pulse()
  #isCaughtUp = false

  constructor(options: ChangeStreamOptions) {
    this.#options = options
  }

  /**
   * Until the signal aborts. Between two generations of a group it waits until each delivery is acknowledged or
   * released, and so it does at its end.
   *
   * @param overdue aborts when deliveries have to end that were begun with before that
   */
  async *deliveries(
    signal: AbortSignal,
    overdue: AbortSignal,
  ): AsyncGenerator<Delivery | CaughtUp, void, undefined> {
    try {
      while (!signal.aborted) {
        await using generation = await this.#options.membership.join(signal)
        yield* this.#of(generation, signal, overdue)
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw inOwnWords(error, this.#options.topic)
    }
  }

  async *#of(
    generation: Generation,
    signal: AbortSignal,
    overdue: AbortSignal,
  ): AsyncGenerator<Delivery | CaughtUp, void, undefined> {
    const { reader, maxBufferedBytes, commitIntervalMs, onTrouble } = this.#options
    const onChange = (): void => this.#pulse.beat()
    const queues = generation.partitions.map((partition) => this.#queue(partition, onChange))
    let failure: { readonly error: unknown } | undefined
    const onFailure = (error: unknown): void => {
      failure = { error }
      onChange()
    }
    const commits = new Commits({ generation, queues, intervalMs: commitIntervalMs, onTrouble, onFailure })
    const over = new AbortController()
    const revoked = AbortSignal.any([signal, generation.revoked, over.signal])
    const lost = AbortSignal.any([generation.lost, overdue])
    try {
      await using pump = new RecordPump({
        reader,
        queues,
        maxBytes: maxBufferedBytes,
        restart: this.#restart(),
        onArrival: onChange,
      })
      const check = (): void => {
        pump.throwIfFailed()
        if (failure !== undefined) throw failure.error
      }
      yield* this.#take({ queues, pump, check, revoked, lost })
    } finally {
      over.abort()
      await this.#idle(queues)
      await commits.finish()
    }
  }

  async *#take(running: Running): AsyncGenerator<Delivery | CaughtUp, void, undefined> {
    const { queues, pump, check, revoked } = running
    for (let turn = 0; !revoked.aborted;) {
      const beat = this.#pulse.next
      check()
      if (!this.#isCaughtUp && queues.every((queue) => queue.isCaughtUp)) {
        this.#isCaughtUp = true
        yield { type: 'caught-up' }
        continue
      }
      const at = nextAt(queues, turn)
      const queue = queues[at]
      const item = queue?.take()
      if (queue === undefined || item === undefined) {
        await orAborted(beat, revoked).catch(() => undefined)
        continue
      }
      turn = at + 1
      pump.roomMade()
      if ('passed' in item) queue.tracker.pass(item.passed)
      else {
        const delivery = await this.#deliver(queue, item, running)
        if (delivery !== undefined) yield delivery
      }
    }
  }

  /** Undefined if it went to the dead letters, or the time for it is over. */
  async #deliver(
    queue: PartitionQueue,
    records: ChangeRecords,
    { revoked, lost }: Pick<Running, 'revoked' | 'lost'>,
  ): Promise<Delivery | undefined> {
    const { resource, readValue, onTrouble } = this.#options
    const outstanding = queue.tracker.begin(records.nextOffset)
    let isDelivered = false
    try {
      const read: ReadValue = (bytes, signal) =>
        patiently('registry', () => readValue(bytes, signal), onTrouble, signal)
      const change = await readChange(queue, records, resource, read, revoked)
      isDelivered = true
      return { type: 'delivery', change, records, revoked, lost, ...outstanding }
    } catch (error) {
      if (await this.#isSettled(queue, records, error, revoked)) outstanding.acknowledge()
      return undefined
    } finally {
      if (!isDelivered) outstanding.release()
    }
  }

  /** Whether a dead letter stands for what cannot be read. @throws what is wrong with it, unless the time for it is over */
  async #isSettled(
    { topic, partition }: PartitionQueue,
    records: ChangeRecords,
    error: unknown,
    revoked: AbortSignal,
  ): Promise<boolean> {
    if (revoked.aborted) return false
    if (!(error instanceof EventError)) throw error
    const { unreadable } = this.#options
    const { offset } = records.record
    if (unreadable === undefined) throw new ConsumerUnreadable({ topic, partition, offset }, error)
    try {
      await unreadable.send({ topic, partition, records, error, attempts: 0 }, revoked)
      return true
    } catch (failure) {
      if (revoked.aborted) return false
      throw failure
    }
  }

  #queue({ topic, partition, committed }: AssignedPartition, onChange: () => void): PartitionQueue {
    const { ends, from, resource } = this.#options
    const offsets = ends[partition]
    // One that was added later holds nothing of the past.
    const { beginning, end } = offsets ?? { beginning: 0, end: 0 }
    const position = committed ?? (from === 'beginning' ? beginning : end)
    return new PartitionQueue({ topic, partition, position, end, committed }, resource, onChange)
  }

  #restart(): ((queue: PartitionQueue, signal: AbortSignal) => Promise<void>) | undefined {
    const { offsetsNow } = this.#options
    if (offsetsNow === undefined) return undefined
    return async (queue, signal) => {
      const { beginning, end } = (await offsetsNow(signal))[queue.partition] ?? {
        beginning: 0,
        end: 0,
      }
      queue.restart(beginning, end)
    }
  }

  async #idle(queues: readonly PartitionQueue[]): Promise<void> {
    for (;;) {
      const beat = this.#pulse.next
      if (queues.every(({ tracker }) => tracker.running === 0)) return
      await beat
    }
  }
}

interface Running {
  readonly queues: readonly PartitionQueue[]
  readonly pump: RecordPump
  readonly revoked: AbortSignal
  readonly lost: AbortSignal
  /** Throws what failed beside it. */
  readonly check: () => void
}

/** The queues take turns; one that is far ahead of what is handled of it, or has nothing, is passed over. */
function nextAt(queues: readonly PartitionQueue[], from: number): number {
  for (let step = 0; step < queues.length; step += 1) {
    const at = (from + step) % queues.length
    const queue = queues[at]
    if (queue !== undefined && queue.hasItems && queue.tracker.ahead < MOST_AHEAD) return at
  }
  return -1
}
