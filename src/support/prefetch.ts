/**
 * The same items, with the next one already being fetched while the caller works on the current one. An error of the
 * source is thrown at the item it belongs to. Closes the source when the caller stops early.
 */
export async function* prefetch<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const result = await next
      if (result.done === true) return
      next = iterator.next()
      // The caller sees a rejection when it asks for that item, not before.
      next.catch(() => undefined)
      yield result.value
    }
  } finally {
    await next.catch(() => undefined)
    await iterator.return?.()
  }
}
