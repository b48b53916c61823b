/**
 * The same items, with up to `ahead` of the next ones already being fetched, one after the other, while the caller works on
 * the current one. An error of the source is thrown at the item it belongs to. When the caller stops early, what is under
 * way is aborted and the source is closed.
 */
export async function* prefetch<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  ahead: number,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const stop = new AbortController()
  const iterator = open(AbortSignal.any([signal, stop.signal]))[Symbol.asyncIterator]()
  const coming = [ask(iterator)]
  try {
    for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
      const result = await next
      if (result.done === true) return
      while (coming.length < ahead) coming.push(ask(iterator))
      yield result.value
    }
  } finally {
    stop.abort()
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
