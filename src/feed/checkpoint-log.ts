/** What the topic `checkpoints` says: who owns the feed, how far its passes are, which transaction was the last. */
import { decodeState } from './decode-state.ts'
import { EventError } from '../events/event-error.ts'
import { RegistryLostError } from '../events/registry/registry-errors.ts'
import type { Checkpoint, Owner, RowMarks, RowTopicsState, Truncation } from './state-records.ts'
import { subjectName } from '../events/registry/subject-name.ts'
import { unframe } from '../events/wire-format.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { KafkaError } from '../kafka/errors.ts'
import { readTopic, type KafkaRecord } from '../kafka/read-topic.ts'
import { instant, type Instant } from '../domain/instant.ts'
import { isCompletion } from '../domain/completion.ts'
import {
  PASS_KINDS,
  trackOf,
  type NextOffsets,
  type PassProgress,
  type PassTrack,
  type SourceIdentity,
} from '../domain/pass.ts'
import type { Pause } from '../domain/pause.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { FeedState } from '../domain/feed-state.ts'
import type { SchemaId } from '../domain/content.ts'
import { quoteForeign } from '../support/secrets.ts'
import { SerialQueue } from '../support/serial-queue.ts'

/**
 * Read-committed and incremental: `refresh` reads what was added since the last time. How far other resources than those
 * of this process have come is left alone.
 */
export class CheckpointLog {
  readonly #cluster: KafkaCluster
  readonly #topic: string
  readonly #schemas: WriterSchemas
  readonly #resources: ReadonlySet<ResourceName>
  readonly #reading = new SerialQueue()
  #position: number | undefined
  #owner: Owner | undefined
  #ownerAliveAt: Instant = instant(0)
  #last: Checkpoint | RowTopicsState | undefined
  #truncation: Truncation | undefined
  #pauses: readonly Pause[] = []
  #seq = 0
  readonly #watermarks = new Map<ResourceName, Of<Instant>>()
  readonly #completedAt = new Map<PassTrack, Of<Instant>>()
  readonly #passes = new Map<PassTrack, Of<PassProgress>>()

  constructor(
    cluster: KafkaCluster,
    topic: string,
    schemas: WriterSchemas,
    resources: readonly ResourceDescription[],
  ) {
    this.#cluster = cluster
    this.#topic = topic
    this.#schemas = schemas
    this.#resources = new Set(resources.map(({ name }) => name))
  }

  /**
   * Reads up to the last stable offset as it is now (R2), but at least to `end`: a commit is answered before its records
   * can be read (docs/kafka.md §2).
   *
   * @throws {RegistryLostError} if the registry does not know what a record was written under, or means another by its id
   */
  refresh(signal: AbortSignal, end = 0): Promise<void> {
    return this.#reading.run(() => this.#read(end, signal))
  }

  /** The same of a feed that may have no topics yet: there is nothing to read then. */
  async refreshIfThere(signal: AbortSignal): Promise<void> {
    try {
      await this.refresh(signal)
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === 'KAFKA_TOPIC_MISSING')) throw error
    }
  }

  async #read(end: number, signal: AbortSignal): Promise<void> {
    const [offsets] = await this.#cluster.topicOffsets(this.#topic, signal)
    if (offsets === undefined) return
    const from = Math.max(this.#position ?? 0, offsets.beginning)
    const ranges = [{ partition: 0, from, to: Math.max(offsets.end, end) }]
    for await (const batch of readTopic(this.#cluster, { topic: this.#topic, ranges }, signal)) {
      await this.#schemas.prepare(idsOf(batch.records), signal)
      for (const record of batch.records) await this.#take(record, signal)
      this.#position = batch.nextOffset
    }
  }

  /** Of the topic's partition: everything below is read. */
  get position(): number {
    return this.#position ?? 0
  }

  /** Undefined for a feed that nobody has owned yet. */
  get owner(): Owner | undefined {
    return this.#owner
  }

  /** When the owner last wrote anything, by the clock of its host. */
  get ownerAliveAt(): Instant {
    return this.#ownerAliveAt
  }

  /** Number of the last committed transaction; 0 before the first. */
  get seq(): number {
    return this.#seq
  }

  /** Of all data topics after that transaction, also of other resources, and of topics of rows; empty before the first. */
  get nextOffsets(): NextOffsets {
    return this.#last?.nextOffsets ?? {}
  }

  /** Log start offsets of the data topics when the generation began; empty where nobody noted them. */
  get startOffsets(): NextOffsets {
    return this.#last?.startOffsets ?? {}
  }

  /** How far rows follow their events, as of that transaction. */
  get rows(): RowMarks {
    return this.#last?.rows ?? NO_ROWS
  }

  get source(): SourceIdentity | null {
    return this.#last?.source ?? null
  }

  get generation(): number {
    return this.#last?.generation ?? 1
  }

  /** When a pass of each kind was last completed in the current generation, by the publisher's clock. */
  get completedAt(): ReadonlyMap<PassTrack, Instant> {
    return ofGeneration(this.#completedAt, this.generation)
  }

  /** Of the current generation: what was seen once to be missing from a data topic. */
  get truncation(): Truncation | undefined {
    return this.#truncation?.generation === this.generation ? this.#truncation : undefined
  }

  state(): FeedState {
    return {
      generation: this.generation,
      source: this.source,
      watermarks: ofGeneration(this.#watermarks, this.generation),
      passes: ofGeneration(this.#passes, this.generation),
      pauses: this.#pauses,
    }
  }

  async #take({ key, value, timestamp }: KafkaRecord, signal: AbortSignal): Promise<void> {
    if (value === null) return
    await this.#requireSchema(recordNameOf(String(key)), value, signal)
    const record = await decodeState(value, this.#schemas, signal)
    switch (record?.kind) {
      case 'owner':
        this.#owner = record.owner
        this.#ownerAliveAt = instant(timestamp)
        break
      case 'watermark': {
        const { resource, generation, watermark } = record.watermark
        if (this.#resources.has(resource)) this.#watermarks.set(resource, { generation, value: watermark })
        break
      }
      case 'checkpoint':
        this.#takeCheckpoint(record.checkpoint, instant(timestamp))
        break
      case 'row-topics':
        this.#takeTransaction(record.rowTopics, instant(timestamp))
        break
      case 'pauses':
        this.#pauses = record.pauses.pauses
        break
      case 'truncation':
        this.#truncation = record.truncation
        break
      case 'marker':
      case 'held-keys':
      case 'certificate':
      case 'notification':
      case undefined:
        break
    }
  }

  /** An emptied registry may have given the id to another schema, under which the bytes would be anything. */
  async #requireSchema(expected: string | undefined, value: Uint8Array, signal: AbortSignal): Promise<void> {
    if (expected === undefined) return
    const { schemaId: id } = unframe(value)
    const lost = { id, subject: subjectName(this.#topic, expected) }
    let found: string | undefined
    try {
      found = (await this.#schemas.find(id, signal))?.name
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      throw new RegistryLostError(lost, 'the id means what is no record now', error)
    }
    if (found === undefined) throw new RegistryLostError(lost, 'the id is unknown')
    if (found !== expected) throw new RegistryLostError(lost, `the id means ${quoteForeign(found)} now`)
  }

  #takeCheckpoint(checkpoint: Checkpoint, writtenAt: Instant): void {
    if (this.#resources.has(checkpoint.progress.resource)) this.#takeProgress(checkpoint, writtenAt)
    this.#takeTransaction(checkpoint, writtenAt)
  }

  #takeTransaction(transaction: Checkpoint | RowTopicsState, writtenAt: Instant): void {
    const { instanceId, seq } = transaction
    if (instanceId === this.#owner?.instanceId) this.#ownerAliveAt = writtenAt
    if (seq < this.#seq) return
    this.#seq = seq
    this.#last = transaction
  }

  #takeProgress({ progress, generation, completedAt }: Checkpoint, writtenAt: Instant): void {
    this.#passes.set(trackOf(progress), { generation, value: progress })
    // A version that did not note it wrote the checkpoint when it was completed.
    const at = completedAt ?? (isCompletion(progress) ? writtenAt : null)
    if (at !== null) this.#completedAt.set(trackOf(progress), { generation, value: at })
  }
}

const NO_ROWS: RowMarks = new Map()

/** Of the schemas that they were written under. */
function idsOf(records: readonly KafkaRecord[]): ReadonlySet<SchemaId> {
  return new Set(records.flatMap(({ value }) => (value === null ? [] : [unframe(value).schemaId])))
}

/** Of the record under a key of the topic; undefined for one that this version does not write. */
function recordNameOf(key: string): string | undefined {
  if (key === 'owner') return 'Owner'
  if (key === 'pause') return 'Pauses'
  if (key === 'truncation') return 'Truncation'
  if (key === 'rows') return 'RowTopics'
  if (key.endsWith('/watermark')) return 'Watermark'
  return PASS_KINDS.some((pass) => key.endsWith(`/${pass}`)) ? 'Checkpoint' : undefined
}

/** A restart begins anew: what earlier generations left is no state of this one. */
interface Of<T> {
  readonly generation: number
  readonly value: T
}

function ofGeneration<K, T>(all: ReadonlyMap<K, Of<T>>, generation: number): ReadonlyMap<K, T> {
  const kept = [...all].filter(([, of]) => of.generation === generation)
  return new Map(kept.map(([key, of]) => [key, of.value]))
}
