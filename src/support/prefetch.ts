/**
 * The same items, with up to `ahead` of the next ones already being fetched, one after the other, while the caller works on
 * the current one. An error of the source is thrown at the item it belongs to. Closes the source when the caller stops early.
 */
export async function* prefetch<T>(
  source: AsyncIterable<T>,
  ahead: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const coming = [ask(iterator)]
  try {
    for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
      const result = await next
      if (result.done === true) return
      while (coming.length < ahead) coming.push(ask(iterator))
      yield result.value
    }
  } finally {
    await Promise.allSettled(coming)
    await iterator.return?.()
  }
}

function ask<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next()
  // The caller sees a rejection when it asks for that item, not before.
  next.catch(() => undefined)
  return next
}
