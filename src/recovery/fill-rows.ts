/** Topics of rows from the topics of their events (`ROW_TOPICS`), by what the key index knows of them. */
import type { RowCodec } from '../events/rows/row-codec.ts'
import { unframe } from '../events/wire-format.ts'
import { TRANSACTION_TOO_SLOW } from '../domain/error-codes.ts'
import { formatInstant, type Instant } from '../domain/instant.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { HEADERS } from '../events/header-names.ts'
import type { RecordHeaders } from '../feed/record-headers.ts'
import { rowHeaders, type KeyedRow } from '../feed/row-headers.ts'
import { FILLED, isFilled } from '../feed/row-topics.ts'
import type { RowMark, RowMarks } from '../feed/state-records.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readTopic, type KafkaRecord, type RecordBatch } from '../kafka/read-topic.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import type { KeyIndex } from '../replication/ports.ts'
import { hasCode } from '../support/errors.ts'

/** What one transaction holds at most, but for one row. */
const MOST_ROWS = 1_000
const MOST_BYTES = 4 * 1024 * 1024

export interface FillRowsOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  /** Those that have a topic of rows. */
  readonly resources: readonly ResourceDescription[]
  /** Up with the topics of the events, and nobody moves it meanwhile. */
  readonly index: Pick<KeyIndex, 'getMany'>
  readonly codec: RowCodec
  /** As of the last committed transaction. */
  readonly marks: RowMarks
  /** One transaction (R1). */
  readonly commit: (
    of: { readonly resource: ResourceDescription; readonly rows: readonly KeyedRow[] },
    marks: RowMarks,
    signal: AbortSignal,
  ) => Promise<void>
  readonly now: () => Instant
  readonly onProgress: (progress: FillProgress) => void
}

interface FillProgress {
  /** Of the rows. */
  readonly topic: string
  /** Offsets read and to be read, over all partitions of both topics. */
  readonly done: number
  readonly total: number
}

/**
 * Fills each topic that does not follow its events yet: first the rows of keys that are not live any more are deleted, then
 * the last event of each live key gets its row. Interrupted, the next process goes on behind the last commit. Memory follows
 * the batch (R14).
 *
 * @returns how many rows each topic got, tombstones too; none for one that had nothing to be filled
 */
export async function fillRows(
  options: FillRowsOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>()
  let { marks } = options
  for (const resource of options.resources) {
    const mark = marks.get(resource.rows.topic)
    if (mark === undefined || isFilled(mark)) continue
    const fill = new Fill(options, resource, marks, mark)
    rows.set(options.names.rows(resource), await fill.run(signal))
    marks = fill.marks
  }
  return rows
}

/** What is made of a record at this offset. */
interface PlacedRow extends KeyedRow {
  readonly offset: number
}

/** Of one topic. */
class Fill {
  readonly #options: FillRowsOptions
  readonly #resource: ResourceDescription
  /** As they are committed. */
  marks: RowMarks
  #mark: RowMark
  #pending: KeyedRow[] = []
  #bytes = 0
  #written = 0

  constructor(options: FillRowsOptions, resource: ResourceDescription, marks: RowMarks, mark: RowMark) {
    this.#options = options
    this.#resource = resource
    this.marks = marks
    this.#mark = mark
  }

  async run(signal: AbortSignal): Promise<number> {
    const { names } = this.#options
    await this.#read('swept', 'sweepEnds', names.rows(this.#resource), (batch) => this.#stale(batch), signal)
    await this.#read(
      'filled',
      'ends',
      names.data(this.#resource),
      (batch) => this.#live(batch, signal),
      signal,
    )
    this.#mark = FILLED
    await this.#flush(signal)
    return this.#written
  }

  async #read(
    reached: 'swept' | 'filled',
    until: 'sweepEnds' | 'ends',
    topic: string,
    rowsOf: (batch: RecordBatch) => Promise<readonly PlacedRow[]>,
    signal: AbortSignal,
  ): Promise<void> {
    const from = this.#mark[reached]
    const ranges = this.#mark[until].map((to, partition) => ({ partition, from: from[partition] ?? 0, to }))
    for await (const batch of readTopic(this.#options.cluster, { topic, ranges }, signal)) {
      for (const { offset, ...row } of await rowsOf(batch)) {
        if (this.#isFull()) await this.#flush(signal)
        this.#pending.push(row)
        this.#bytes += row.value?.length ?? 0
        // One batch may fill several transactions.
        this.#move(reached, batch.partition, offset + 1)
      }
      this.#move(reached, batch.partition, batch.nextOffset)
      this.#tell()
    }
    // In one step, for partitions that have nothing to be read.
    this.#mark = { ...this.#mark, [reached]: this.#mark[until] }
  }

  /** Everything below is committed or pending. */
  #move(reached: 'swept' | 'filled', partition: number, to: number): void {
    this.#mark = { ...this.#mark, [reached]: this.#mark[reached].with(partition, to) }
  }

  /** Tombstones for rows whose keys are not live. */
  async #stale({ records }: RecordBatch): Promise<readonly PlacedRow[]> {
    const last = new Map<RecordKey, number>()
    for (const { value, offset, ...record } of records) {
      if (value === null) continue
      // In the order of the last row of each key.
      last.delete(keyOf(record))
      last.set(keyOf(record), offset)
    }
    const keys = [...last.keys()]
    const entries = await this.#options.index.getMany(this.#resource.name, keys)
    return keys
      .filter((_, i) => !isLive(entries[i]))
      .map((key) => ({ key, value: null, headers: this.#deletedHeaders(key), offset: last.get(key) ?? 0 }))
  }

  /** Rows of those events that are the last of a live key. */
  async #live({ records, partition }: RecordBatch, signal: AbortSignal): Promise<readonly PlacedRow[]> {
    const { index, codec } = this.#options
    const events = records.filter(({ value }) => value !== null)
    const entries = await index.getMany(this.#resource.name, events.map(keyOf))
    const last = events.flatMap(({ value, headers, ...record }, i) => {
      const entry = entries[i]
      const isLast = entry?.partition === partition && entry.offset === record.offset
      return isLast && value !== null ? [{ key: keyOf(record), value, headers, offset: record.offset }] : []
    })
    const ids = last.map(({ value }) => unframe(value).schemaId)
    await codec.prepare(this.#resource, ids, 'fill', signal)
    return last.map(({ key, value, headers, offset }) => {
      return {
        key,
        offset,
        value: codec.row(this.#resource, value),
        headers: rowHeaders(this.#resource, textsOf(headers)),
      }
    })
  }

  #deletedHeaders(key: RecordKey): RecordHeaders {
    const at = this.#options.now()
    return rowHeaders(this.#resource, [
      { name: HEADERS.specVersion, value: '1.0' },
      { name: HEADERS.id, value: `${this.#resource.rows.topic}/${key}/${at}` },
      { name: HEADERS.source, value: `/listingstream/${this.#options.names.prefix}` },
      { name: HEADERS.subject, value: key },
      { name: HEADERS.time, value: formatInstant(at) },
      { name: HEADERS.contentType, value: 'application/avro' },
    ])
  }

  #isFull(): boolean {
    return this.#pending.length >= MOST_ROWS || this.#bytes >= MOST_BYTES
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const rows = this.#pending
    this.#pending = []
    this.#bytes = 0
    await this.#commit(rows, this.#mark, signal)
  }

  /** In halves where the link to Kafka is too slow for one transaction. */
  async #commit(rows: readonly KeyedRow[], mark: RowMark, signal: AbortSignal): Promise<void> {
    const marks = new Map([...this.marks, [this.#resource.rows.topic, mark] as const])
    try {
      await this.#options.commit({ resource: this.#resource, rows }, marks, signal)
    } catch (error) {
      if (!hasCode(error, TRANSACTION_TOO_SLOW) || rows.length < 2) throw error
      const half = Math.ceil(rows.length / 2)
      const before = this.marks.get(this.#resource.rows.topic) ?? mark
      await this.#commit(rows.slice(0, half), before, signal)
      return this.#commit(rows.slice(half), mark, signal)
    }
    this.marks = marks
    this.#written += rows.length
  }

  #tell(): void {
    const { swept, sweepEnds, filled, ends } = this.#mark
    const total = sum(sweepEnds) + sum(ends)
    const topic = this.#options.names.rows(this.#resource)
    this.#options.onProgress({ topic, done: Math.min(total, sum(swept) + sum(filled)), total })
  }
}

/** Whether the topic of the events has it. */
function isLive(entry: IndexEntry | undefined): boolean {
  if (entry === undefined) return false
  return entry.state === 'dead_lettered' ? entry.publishedDigest !== undefined : entry.state === 'live'
}

/** @throws {TypeError} never for what recovery has read */
function keyOf({ key }: Pick<KafkaRecord, 'key'>): RecordKey {
  const parsed = parseRecordKey(key?.toString('utf8'))
  if (parsed === undefined) throw new TypeError('A record of a topic of the feed has no key.')
  return parsed
}

function textsOf(headers: KafkaRecord['headers']): RecordHeaders {
  return Object.entries(headers).map(([name, value]) => ({ name, value: value.toString('utf8') }))
}

function sum(offsets: readonly number[]): number {
  return offsets.reduce((all, offset) => all + offset, 0)
}
