import type { Instant, Millis } from '../../../src/domain/instant.ts'
import type { JsonValue } from '../../../src/domain/json.ts'
import type { RecordKey } from '../../../src/domain/record-key.ts'
import type { ChangeStamps, Subresource } from '../../../src/domain/resource.ts'
import type { SetAnswer } from '../../../src/replication/ports.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'

/**
 * `photos`: other ones, at times none, with a new stamp; `poison photos`: the same and one that no event can hold; `rooms`: other ones,
 * of which only the listing's own stamp tells; `rooms alone`: of which nothing tells. `break sets`, `mend sets`: the API
 * stumbles over the sets of the listing, or does so no more.
 */
export type PartsChange = {
  readonly kind: 'photos' | 'poison photos' | 'rooms' | 'rooms alone' | 'break sets' | 'mend sets'
  readonly key: string
}

const KINDS: ReadonlySet<string> = new Set<PartsChange['kind']>([
  'photos',
  'poison photos',
  'rooms',
  'rooms alone',
  'break sets',
  'mend sets',
])

export function isPartsChange(change: {
  readonly kind: string
  readonly key: string
}): change is PartsChange {
  return KINDS.has(change.kind)
}

/** Photos from some time on. */
interface Photos {
  readonly at: Instant
  readonly version: number
  readonly poisoned: boolean
}

const NO_PHOTOS: Photos = { at: 0 as Instant, version: 0, poisoned: false }

/** The sets of the listings of a market. */
export class ModelParts {
  /** For how long the API may show photos of before under the stamp of now (docs/spark-api.md §2.9). */
  lag: Millis = 0
  /** MLSs whose sets the key may not ask for. */
  readonly refusing = new Set<string>()
  /** Of each listing all that there were, the last ones last. */
  readonly #photos = new Map<string, readonly Photos[]>()
  readonly #rooms = new Map<string, number>()
  readonly #broken = new Set<string>()

  /** Answers whether the listing moves with it. */
  apply({ kind, key }: PartsChange, at: Instant): boolean {
    switch (kind) {
      case 'photos':
      case 'poison photos': {
        const before = this.#photos.get(key) ?? []
        const poisoned = kind === 'poison photos'
        const version = (before.at(-1) ?? NO_PHOTOS).version + (poisoned ? 0 : 1)
        this.#photos.set(key, [...before, { at, version, poisoned }])
        return true
      }
      case 'rooms':
      case 'rooms alone':
        this.#rooms.set(key, (this.#rooms.get(key) ?? 0) + 1)
        return kind === 'rooms'
      case 'break sets':
        this.#broken.add(key)
        return false
      case 'mend sets':
        this.#broken.delete(key)
        return false
    }
  }

  stampsOf(key: string): ChangeStamps {
    return { photos: this.#photos.get(key)?.at(-1)?.at ?? null, videos: null, documents: null }
  }

  /** Of two MLSs, one has the listings with even keys. */
  mlsOf(key: string): string {
    return Number(key) % 2 === 0 ? 'even' : 'odd'
  }

  isPoisoned(key: string): boolean {
    return this.#photos.get(key)?.at(-1)?.poisoned ?? false
  }

  /** What is true. */
  setOf({ part }: Subresource, key: string): readonly JsonValue[] {
    return part === 'photos'
      ? photosOf(key, this.#photos.get(key)?.at(-1) ?? NO_PHOTOS)
      : listOf(`${key} room`, this.#rooms.get(key) ?? 0)
  }

  /** What the API answers at that time, of a listing that it has. */
  answer(
    set: Subresource,
    key: RecordKey,
    now: Instant,
  ):
    | { readonly kind: 'found'; readonly parts: readonly JsonValue[] }
    | Exclude<SetAnswer, { kind: 'found' | 'missing' }> {
    if (this.refusing.has(this.mlsOf(key))) return { kind: 'refused', key, error: failure('SPARK_FORBIDDEN') }
    if (this.#broken.has(key)) return { kind: 'failed', key, error: failure('SPARK_DATA_FAILED') }
    if (set.part !== 'photos') return { kind: 'found', parts: this.setOf(set, key) }
    const shown = this.#photos.get(key)?.findLast(({ at }) => at <= now - this.lag)
    return { kind: 'found', parts: photosOf(key, shown ?? NO_PHOTOS) }
  }
}

function photosOf(key: string, { version, poisoned }: Photos): readonly JsonValue[] {
  return [...listOf(`${key} photo`, version), ...(poisoned ? [{ Poison: 1 }] : [])]
}

/** Every third one is empty. */
function listOf(name: string, version: number): readonly JsonValue[] {
  return version % 3 === 0 ? [] : [{ Id: `${name} ${version}` }, { Id: name }]
}

function failure(code: string): ListingstreamError {
  return new ListingstreamError('by the model', { code, retryable: true })
}
