import type { RecordKey } from '../domain/record-key.ts'
import type { IndexEntry } from '../domain/index-entry.ts'

/** A key of the walk, of the index, or of both. */
export interface Comparison {
  readonly key: RecordKey
  /** Undefined if the index does not know the key. */
  readonly entry: IndexEntry | undefined
  /** The note of the walk's ledger; undefined if the walk did not show the key. */
  readonly walked: string | undefined
}

/**
 * Merges two streams in ascending order of key, the index's entries and the keys that a walk has shown. Memory follows
 * the batches of the streams, not their length (R14).
 */
export async function* compareKeys(
  index: AsyncIterable<readonly (readonly [RecordKey, IndexEntry])[]>,
  walked: AsyncIterable<readonly (readonly [RecordKey, string])[]>,
): AsyncGenerator<Comparison, void, undefined> {
  const left = items(index)
  const right = items(walked)
  try {
    let known = await left.next()
    let seen = await right.next()
    while (known.done !== true || seen.done !== true) {
      const knownKey = known.done === true ? undefined : known.value[0]
      const seenKey = seen.done === true ? undefined : seen.value[0]
      if (seenKey === undefined || (knownKey !== undefined && knownKey < seenKey)) {
        if (known.done !== true) yield { key: known.value[0], entry: known.value[1], walked: undefined }
        known = await left.next()
      } else if (knownKey === undefined || seenKey < knownKey) {
        if (seen.done !== true) yield { key: seenKey, entry: undefined, walked: seen.value[1] }
        seen = await right.next()
      } else {
        if (known.done !== true && seen.done !== true) {
          yield { key: knownKey, entry: known.value[1], walked: seen.value[1] }
        }
        known = await left.next()
        seen = await right.next()
      }
    }
  } finally {
    await left.return(undefined)
    await right.return(undefined)
  }
}

async function* items<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, void, undefined> {
  for await (const batch of batches) yield* batch
}
