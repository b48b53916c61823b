/** What the topic `holds` says: what the guard holds, and the keys of it. */
import type { HeldChunk, HeldKey, KnownHold, StandingHold } from '../domain/hold.ts'
import type { PassId } from '../domain/pass.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { KafkaError } from '../kafka/errors.ts'
import { readTopic, readWholeTopic, type ReadRange, type RecordBatch } from '../kafka/read-topic.ts'
import { sleep } from '../support/abort.ts'
import { decodeState } from './decode-state.ts'
import { HoldLostError } from './feed-errors.ts'
import { parseHoldKey } from './hold-key.ts'

/** A commit is answered before its records can be read (docs/kafka.md §2). */
const READABLE_WITHIN_MS = 10_000
const POLL_MS = 50

export interface HoldLogOptions {
  readonly cluster: KafkaCluster
  /** Full name. */
  readonly topic: string
  readonly schemas: WriterSchemas
}

/** Offset of the last record of each chunk of a hold. */
type Places = ReadonlyMap<number, number>

/** Reads the topic, read-committed, whenever it is asked: a hold is rare. Keeps nothing. */
export class HoldLog {
  readonly #options: HoldLogOptions

  constructor(options: HoldLogOptions) {
    this.#options = options
  }

  /**
   * Whatever of holds the topic has, earlier generations included, as of now; none if it does not exist. Memory follows the
   * number of chunks.
   */
  async known(signal: AbortSignal): Promise<readonly KnownHold[]> {
    const known: KnownHold[] = []
    for (const places of (await this.#places(signal)).values()) {
      // The last one says whether it is whole.
      const last = places.get(Math.max(...places.keys())) ?? 0
      for await (const { hold, whole } of this.#chunksAt([last], signal)) {
        known.push({ hold, whole, chunks: new Set(places.keys()) })
      }
    }
    return known
  }

  /**
   * The keys of a hold, a chunk at a time, in their order. What was committed a moment ago is waited for.
   *
   * @throws {HoldLostError} if they are not there (any more)
   */
  async *keys(
    { hold, chunks }: StandingHold,
    signal: AbortSignal,
  ): AsyncGenerator<readonly HeldKey[], void, undefined> {
    const wanted = Array.from({ length: chunks }, (_, chunk) => chunk)
    const deadline = performance.now() + READABLE_WITHIN_MS
    for (;;) {
      const places = (await this.#places(signal)).get(hold.passId)
      const offsets = wanted.flatMap((chunk) => places?.get(chunk) ?? [])
      if (offsets.length === chunks) {
        for await (const { keys } of this.#chunksAt(offsets, signal)) yield keys
        return
      }
      if (performance.now() > deadline) throw new HoldLostError(this.#options.topic, hold)
      await sleep(POLL_MS, signal)
    }
  }

  /** By pass. Records under keys that this program does not write are passed over. */
  async #places(signal: AbortSignal): Promise<ReadonlyMap<PassId, Places>> {
    const { cluster, topic } = this.#options
    const places = new Map<PassId, Map<number, number>>()
    for await (const { records } of recordsIfThere(cluster, topic, signal)) {
      for (const { key, value, offset } of records) {
        const id = parseHoldKey(String(key))
        if (id === undefined) continue
        const known = places.get(id.passId) ?? new Map<number, number>()
        if (value === null) known.delete(id.chunk)
        else places.set(id.passId, known.set(id.chunk, offset))
        if (known.size === 0) places.delete(id.passId)
      }
    }
    return places
  }

  /** @param offsets ascending */
  async *#chunksAt(
    offsets: readonly number[],
    signal: AbortSignal,
  ): AsyncGenerator<HeldChunk, void, undefined> {
    const { cluster, topic, schemas } = this.#options
    const [from] = offsets
    const last = offsets.at(-1)
    if (from === undefined || last === undefined) return
    const ranges: readonly ReadRange[] = [{ partition: 0, from, to: last + 1 }]
    const wanted = new Set(offsets)
    for await (const { records } of readTopic(cluster, { topic, ranges }, signal)) {
      for (const { offset, value } of records) {
        if (!wanted.has(offset) || value === null) continue
        const record = await decodeState(value, schemas, signal)
        if (record?.kind === 'held-keys') yield record.chunk
      }
    }
  }
}

/** None of a feed that was never opened by a version that knows the topic. */
async function* recordsIfThere(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch, void, undefined> {
  try {
    yield* readWholeTopic(cluster, topic, signal)
  } catch (error) {
    if (!(error instanceof KafkaError && error.code === 'KAFKA_TOPIC_MISSING')) throw error
  }
}
