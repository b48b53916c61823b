/** What a read-committed reader would still get: counted by reading, since offsets are also those of markers and aborted records. */
import { instant, type Instant, type Millis } from '../../domain/instant.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { readTopic, type RecordBatch } from '../../kafka/read-topic.ts'

/** Of a partition: from where a group goes on to the last stable offset. */
export interface Stretch {
  readonly partition: number
  readonly from: number
  readonly to: number
}

export interface Unread {
  readonly records: number
  /** False: `records` is reckoned from samples. */
  readonly exact: boolean
  /** When the first of them was written; null if none was seen. */
  readonly oldestAt: Instant | null
  /** The first offset that compaction has taken, of those below `readTo`. */
  readonly firstMissing: number | null
  /** Everything below it was looked at, from the beginning of the stretch on. */
  readonly readTo: number
}

export const NOTHING_UNREAD: Omit<Unread, 'readTo'> = {
  records: 0,
  exact: true,
  oldestAt: null,
  firstMissing: null,
}

/** One block is up to 1 MiB as it is stored. */
const BLOCKS_READ = 4
const BLOCKS_SAMPLED = 4
/** An estimate is made anew after so long: compaction thins what it was made of. */
const ESTIMATE_AGE_MS: Millis = 10 * 60_000

interface Counted extends Unread {
  readonly to: number
  readonly at: number
}

/**
 * Remembers what it has counted: a log only grows, so where a group stands still, or has nothing to read, the new records
 * alone are looked at. Memory follows the number of places at which groups stand.
 */
export class UnreadCounter {
  readonly #cluster: KafkaCluster
  readonly #monotonic: () => number
  #known = new Map<string, Counted>()
  #used = new Map<string, Counted>()

  constructor(cluster: KafkaCluster, monotonic: () => number = () => performance.now()) {
    this.#cluster = cluster
    this.#monotonic = monotonic
  }

  /** Forgets what was not asked for since the last call. */
  beginRound(): void {
    this.#known = this.#used
    this.#used = new Map()
  }

  /** By partition. Each stretch must lie within the log. */
  async count(
    topic: string,
    stretches: readonly Stretch[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Unread>> {
    const plans = stretches.map((stretch) => {
      const known = this.#remembered(topic, stretch)
      return { stretch, known, tally: new Tally({ ...stretch, from: known?.to ?? stretch.from }) }
    })
    await readTallies(
      this.#cluster,
      topic,
      plans.map(({ tally }) => tally),
      signal,
    )
    const counts = plans.map(({ stretch, known, tally }) => {
      const unread = known === undefined ? tally.result() : joined(known, tally.result())
      const at = known === undefined || known.exact ? this.#monotonic() : known.at
      const counted = { ...unread, to: stretch.to, at }
      this.#used.set(placeOf(topic, stretch), counted)
      return [stretch.partition, counted] as const
    })
    return new Map(counts)
  }

  #remembered(topic: string, stretch: Stretch): Counted | undefined {
    const place = placeOf(topic, stretch)
    const known = this.#used.get(place) ?? this.#known.get(place)
    // A topic that ends earlier than it did was made anew.
    if (known === undefined || known.to > stretch.to) return undefined
    return known.exact || this.#monotonic() - known.at < ESTIMATE_AGE_MS ? known : undefined
  }
}

function placeOf(topic: string, { partition, from }: Stretch): string {
  return `${topic}/${partition}@${from}`
}

function joined(known: Counted, added: Unread): Unread {
  const contiguous = known.readTo === known.to
  return {
    records: known.records + added.records,
    exact: known.exact && added.exact,
    oldestAt: known.oldestAt ?? added.oldestAt,
    firstMissing: known.firstMissing ?? (contiguous ? added.firstMissing : null),
    readTo: contiguous ? added.readTo : known.readTo,
  }
}

/** First the beginning of every stretch, then samples of what is left of the long ones; each round is one answer of the brokers. */
async function readTallies(
  cluster: KafkaCluster,
  topic: string,
  tallies: readonly Tally[],
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; round < BLOCKS_READ; round += 1) {
    const open = tallies.filter((tally) => !tally.complete)
    await readRound(cluster, topic, open, READING, signal)
  }
  const long = tallies.filter((tally) => !tally.complete)
  for (let sample = 0; sample < BLOCKS_SAMPLED; sample += 1) {
    await readRound(cluster, topic, long, sampling(sample), signal)
  }
}

interface Range {
  readonly from: number
  readonly to: number
}

interface Round {
  readonly range: (tally: Tally) => Range
  readonly take: (tally: Tally, batch: RecordBatch) => void
}

const READING: Round = {
  range: ({ position, to }) => ({ from: position, to }),
  take: (tally, batch) => tally.read(batch),
}

function sampling(sample: number): Round {
  const range = (tally: Tally): Range => tally.stratum(sample)
  return { range, take: (tally, batch) => tally.sample(batch, range(tally)) }
}

/** The first block of each range. */
async function readRound(
  cluster: KafkaCluster,
  topic: string,
  tallies: readonly Tally[],
  { range, take }: Round,
  signal: AbortSignal,
): Promise<void> {
  const open = tallies.filter((tally) => range(tally).from < range(tally).to)
  const wanted = new Map(open.map((tally) => [tally.partition, tally]))
  if (wanted.size === 0) return
  const ranges = open.map((tally) => ({ partition: tally.partition, ...range(tally) }))
  for await (const batch of readTopic(cluster, { topic, ranges }, signal)) {
    const tally = wanted.get(batch.partition)
    if (tally !== undefined) take(tally, batch)
    wanted.delete(batch.partition)
    if (wanted.size === 0) return
  }
}

class Tally {
  readonly partition: number
  readonly to: number
  /** Everything below was read. */
  position: number
  #records = 0
  #estimate = 0
  #oldestAt: Instant | null = null
  #firstMissing: number | null = null

  constructor({ partition, from, to }: Stretch) {
    this.partition = partition
    this.position = from
    this.to = to
  }

  get complete(): boolean {
    return this.position >= this.to
  }

  /** Of what was not read, which must not change meanwhile. */
  stratum(sample: number): Range {
    const at = (part: number): number =>
      this.position + Math.floor(((this.to - this.position) * part) / BLOCKS_SAMPLED)
    return { from: at(sample), to: at(sample + 1) }
  }

  /** What follows on what was read. */
  read(batch: RecordBatch): void {
    this.#noteOldest(batch)
    this.#records += batch.records.length
    this.#firstMissing ??= batch.firstMissing()
    this.position = batch.nextOffset
  }

  /** The stratum is taken to be as dense throughout as its first block. */
  sample(batch: RecordBatch, { from, to }: Range): void {
    this.#noteOldest(batch)
    this.#estimate += (batch.records.length / (batch.nextOffset - from)) * (to - from)
  }

  #noteOldest({ records: [first] }: RecordBatch): void {
    if (first !== undefined) this.#oldestAt ??= instant(first.timestamp)
  }

  result(): Unread {
    return {
      records: this.#records + Math.round(this.#estimate),
      exact: this.complete,
      oldestAt: this.#oldestAt,
      firstMissing: this.#firstMissing,
      readTo: this.position,
    }
  }
}
