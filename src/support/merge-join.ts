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
  await using lefts = new Cursor(left)
  await using rights = new Cursor(right)
  for (;;) {
    const [leftHead, rightHead] = [await lefts.head(), await rights.head()]
    const key = smaller(leftHead?.[0], rightHead?.[0])
    if (key === undefined) return
    yield {
      key,
      left: leftHead?.[0] === key ? lefts.take(leftHead) : undefined,
      right: rightHead?.[0] === key ? rights.take(rightHead) : undefined,
    }
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

  constructor(stream: Ascending<K, V>) {
    this.#batches = stream[Symbol.asyncIterator]()
  }

  /** The same one until it is taken; undefined at the end. */
  async head(): Promise<readonly [K, V] | undefined> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#batches.next()
      if (next.done === true) return undefined
      this.#batch = next.value
      this.#at = 0
    }
    return this.#batch[this.#at]
  }

  take([, value]: readonly [K, V]): V {
    this.#at += 1
    return value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return?.()
  }
}
