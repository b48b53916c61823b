/** Whether an index says what the topics say, key by key. */
import type { Instant, Millis } from '../domain/instant.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { KeyIndex } from '../replication/ports.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

export interface ComparedKey {
  readonly key: RecordKey
  /** Undefined if it does not know the key. */
  readonly index: IndexEntry | undefined
  /** What a rebuild makes of the topic; undefined if that does not hold the key. */
  readonly topic: IndexEntry | undefined
  readonly equal: boolean
}

export interface CheckOptions {
  readonly resource: ResourceName
  readonly index: Pick<KeyIndex, 'entries'>
  /** Just rebuilt from the topics. */
  readonly rebuilt: Pick<KeyIndex, 'entries'>
  readonly deleteRetention: Millis
  readonly now: Instant
}

/** Every key of either side, in ascending order; memory follows the batch (R14). */
export async function* compareKeys({
  resource,
  index,
  rebuilt,
  deleteRetention,
  now,
}: CheckOptions): AsyncGenerator<ComparedKey, void, undefined> {
  const isForgettable = (entry: IndexEntry): boolean =>
    entry.state === 'deleted' && now - entry.observedAt > deleteRetention
  await using left = new Entries(index, resource)
  await using right = new Entries(rebuilt, resource)
  for (;;) {
    const [ours, theirs] = [await left.peek(), await right.peek()]
    const key = smaller(ours?.[0], theirs?.[0])
    if (key === undefined) return
    const entry = ours?.[0] === key ? left.take() : undefined
    const topic = theirs?.[0] === key ? right.take() : undefined
    yield { key, index: entry, topic, equal: agree(entry, topic, isForgettable) }
  }
}

/** What a confirmation moves, time and request, is no difference; nor is a delete that one side no longer has to know (R9). */
function agree(
  index: IndexEntry | undefined,
  topic: IndexEntry | undefined,
  isForgettable: (entry: IndexEntry) => boolean,
): boolean {
  // The data topic does not tell of dead letters: only of what was published before.
  if (index?.state === 'dead_lettered') {
    const published = topic?.state === 'live' ? topic.digest : topic?.publishedDigest
    return index.publishedDigest === published && (topic === undefined || samePlace(index, topic))
  }
  if (index === undefined) return topic === undefined || isForgettable(topic)
  // A dead letter that was never published leaves no record when it is gone.
  if (topic === undefined) return isForgettable(index) || (index.state === 'deleted' && index.offset < 0)
  return (
    samePlace(index, topic) &&
    index.state === topic.state &&
    index.digest === topic.digest &&
    index.schemaId === topic.schemaId
  )
}

function samePlace(a: IndexEntry, b: IndexEntry): boolean {
  return a.partition === b.partition && a.offset === b.offset
}

function smaller(a: RecordKey | undefined, b: RecordKey | undefined): RecordKey | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

type Batch = readonly (readonly [RecordKey, IndexEntry])[]

/** One entry after the other. */
class Entries implements AsyncDisposable {
  readonly #batches: AsyncIterator<Batch>
  #batch: Batch = []
  #at = 0

  constructor(index: Pick<KeyIndex, 'entries'>, resource: ResourceName) {
    this.#batches = index.entries(resource)[Symbol.asyncIterator]()
  }

  /** Undefined at the end. */
  async peek(): Promise<readonly [RecordKey, IndexEntry] | undefined> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#batches.next()
      if (next.done === true) return undefined
      this.#batch = next.value
      this.#at = 0
    }
    return this.#batch[this.#at]
  }

  /** What `peek` has shown. */
  take(): IndexEntry | undefined {
    const entry = this.#batch[this.#at]?.[1]
    this.#at += 1
    return entry
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return?.()
  }
}
