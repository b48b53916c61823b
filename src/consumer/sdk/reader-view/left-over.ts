import { canonicalJson } from '../../../events/content/canonical-json.ts'
import type { JsonValue } from '../../../domain/json.ts'

/** `unmappedFields` of a value, to which is added what the reader's schema has no field for (R12). */
export class LeftOver {
  readonly #texts: Map<string, string>

  constructor(unmapped: Readonly<Record<string, string>>) {
    this.#texts = new Map(Object.entries(unmapped))
  }

  /** Whether the publisher kept something under this path. */
  has(path: string): boolean {
    return this.#texts.has(path)
  }

  add(path: string, value: JsonValue): void {
    // Where a masked item was left out of a list, later ones seem to stand one place further up than they do.
    let free = path
    for (let copy = 2; this.#texts.has(free); copy += 1) free = `${path}#${copy}`
    this.#texts.set(free, canonicalJson(value))
  }

  /** Sorted by path, as the publisher writes them. */
  toRecord(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
