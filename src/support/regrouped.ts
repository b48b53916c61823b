/** The same items in batches of `size`, but for the last one. */
export async function* regrouped<T>(
  batches: AsyncIterable<readonly T[]>,
  size: number,
): AsyncGenerator<readonly T[], void, undefined> {
  let gathered: T[] = []
  for await (const batch of batches) {
    gathered.push(...batch)
    let from = 0
    for (; gathered.length - from >= size; from += size) yield gathered.slice(from, from + size)
    gathered = gathered.slice(from)
  }
  if (gathered.length > 0) yield gathered
}
