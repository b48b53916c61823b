/** Whether an index says what the topics say, key by key. */
import type { Instant, Millis } from '../domain/instant.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { KeyIndex } from '../replication/ports.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { mergeJoin } from '../support/merge-join.ts'

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
  for await (const { key, left, right } of mergeJoin(index.entries(resource), rebuilt.entries(resource))) {
    yield { key, index: left, topic: right, equal: agree(left, right, isForgettable) }
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
    return index.publishedDigest === published && (topic === undefined || samePosition(index, topic))
  }
  if (index === undefined) return topic === undefined || isForgettable(topic)
  // A dead letter that was never published leaves no record when it is gone.
  if (topic === undefined) return isForgettable(index) || (index.state === 'deleted' && index.offset < 0)
  return (
    samePosition(index, topic) &&
    index.state === topic.state &&
    index.digest === topic.digest &&
    index.schemaId === topic.schemaId
  )
}

function samePosition(a: IndexEntry, b: IndexEntry): boolean {
  return a.partition === b.partition && a.offset === b.offset
}
