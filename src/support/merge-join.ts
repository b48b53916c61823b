/** Keys with what belongs to them, in ascending order of key, each key once in the whole stream. */
export type Ascending<K extends string, V> = AsyncIterable<readonly (readonly [K, V])[]>

/** A key of the left stream, of the right one, or of both. */
export interface Joined<K extends string, L, R> {
  readonly key: K
  /** Undefined if the left stream does not have the key. */
  readonly left: L | undefined
  /** Undefined if the right stream does not have the key. */
  readonly right: R | undefined
}

/**
 * Every key of either stream once, in ascending order, with what each of them has of it: a full outer join. Memory follows
 * the batches of the streams, not their length. Both are closed when the caller stops early, or when one of them fails.
 */
export async function* mergeJoin<K extends string, L, R>(
  left: Ascending<K, L>,
  right: Ascending<K, R>,
): AsyncGenerator<Joined<K, L, R>, void, undefined> {
  for await (const batch of mergeJoinBatches(left, right)) yield* batch
}

/** The same in batches, as far as those of the streams reach: for a million keys, to wait for each of them is a cost. */
export async function* mergeJoinBatches<K extends string, L, R>(
  left: Ascending<K, L>,
  right: Ascending<K, R>,
): AsyncGenerator<readonly Joined<K, L, R>[], void, undefined> {
  await using lefts = new Cursor(left)
  await using rights = new Cursor(right)
  for (;;) {
    await lefts.fill()
    await rights.fill()
    const batch: Joined<K, L, R>[] = []
    for (;;) {
      const key = smaller(lefts.key, rights.key)
      if (key === undefined) break
      batch.push({ key, left: lefts.takeIf(key), right: rights.takeIf(key) })
      if (lefts.isUsedUp || rights.isUsedUp) break
    }
    if (batch.length === 0) return
    yield batch
  }
}

function smaller<K extends string>(a: K | undefined, b: K | undefined): K | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

/** One entry of a stream after the other. */
class Cursor<K extends string, V> implements AsyncDisposable {
  readonly #batches: AsyncIterator<readonly (readonly [K, V])[]>
  #batch: readonly (readonly [K, V])[] = []
  #at = 0
  #isAtEnd = false

  constructor(stream: Ascending<K, V>) {
    this.#batches = stream[Symbol.asyncIterator]()
  }

  /** What was taken is all that is here, and there may be more. */
  get isUsedUp(): boolean {
    return this.#at >= this.#batch.length && !this.#isAtEnd
  }

  /** Of the next entry; undefined where none is here. */
  get key(): K | undefined {
    return this.#batch[this.#at]?.[0]
  }

  async fill(): Promise<void> {
    while (this.isUsedUp) {
      const next = await this.#batches.next()
      this.#isAtEnd = next.done === true
      this.#batch = next.done === true ? [] : next.value
      this.#at = 0
    }
  }

  /** Undefined if the next entry is another key's. */
  takeIf(key: K): V | undefined {
    const entry = this.#batch[this.#at]
    if (entry?.[0] !== key) return undefined
    this.#at += 1
    return entry[1]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return?.()
  }
}
