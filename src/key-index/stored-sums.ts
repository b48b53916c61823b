/** The bucket sums as they are stored, and as a scan of the entries makes them. */
import type { ResourceName } from '../domain/resource.ts'
import { BucketSums, checkOf } from './bucket-sums.ts'
import { ALL_ENTRIES, entryPrefix, entryResource, recordKeyOf, sumsKey } from './key-layout.ts'
import type { StoreView } from './level-store.ts'

export type Sums = ReadonlyMap<ResourceName, BucketSums>

/** Undefined if they cannot be read. Each by its key: a scan would stop at a damaged table, whatever that holds. */
export async function readSums(
  view: StoreView,
  resources: Iterable<ResourceName>,
): Promise<Sums | undefined> {
  const sums = new Map<ResourceName, BucketSums>()
  for (const resource of new Set(resources)) {
    const bytes = await view.get(sumsKey(resource))
    if (bytes === undefined) continue
    const parsed = BucketSums.fromBytes(bytes)
    if (parsed === undefined) return undefined
    sums.set(resource, parsed)
  }
  return sums
}

/** Of every resource that has entries. Undefined if there are some under no possible resource or key. */
export async function scanSums(view: StoreView): Promise<Sums | undefined> {
  const sums = new Map<ResourceName, BucketSums>()
  let prefix: string | undefined
  let current = new BucketSums()
  for await (const batch of view.batches(ALL_ENTRIES)) {
    for (const [storeKey, value] of batch) {
      // In order of key: those of one resource follow each other.
      if (prefix === undefined || !storeKey.startsWith(prefix)) {
        const name = entryResource(storeKey)
        if (name === undefined) return undefined
        prefix = entryPrefix(name)
        current = new BucketSums()
        sums.set(name, current)
      }
      const key = recordKeyOf(storeKey, prefix)
      if (key === undefined) return undefined
      current.add(checkOf(key, value))
    }
  }
  return sums
}

export function sameSums(a: Sums, b: Sums): boolean {
  const none = new BucketSums()
  return [...a.keys(), ...b.keys()].every((name) => (a.get(name) ?? none).equals(b.get(name) ?? none))
}
