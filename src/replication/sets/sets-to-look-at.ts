import type { Instant } from '../../domain/instant.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource, ResourceName, Subresource } from '../../domain/resource.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { BatchPart } from '../batch.ts'
import { Refusals } from './refusals.ts'

/** More keys are not remembered one by one (R14). */
const MOST_KEYS = 10_000

/**
 * Of which records the set may be owed, so that not all of them have to be compared whenever one has changed. In memory
 * alone: a process begins with all of them.
 */
export class SetsToLookAt {
  #keys: Set<RecordKey> | 'all' = 'all'
  /** All of them, from then on. */
  #allAt: Instant | undefined
  readonly #later = new Map<RecordKey, Instant>()
  /** Of those that failed, how often in a row. */
  readonly #failures = new Map<RecordKey, number>()
  readonly refusals = new Refusals()

  note(keys: Iterable<RecordKey>): void {
    for (const key of keys) {
      if (this.#keys === 'all') return
      if (this.#keys.size >= MOST_KEYS) this.#keys = 'all'
      else this.#keys.add(key)
    }
  }

  noteAll(): void {
    this.#keys = 'all'
  }

  noteAllAt(at: Instant): void {
    this.#allAt = this.#allAt === undefined || at < this.#allAt ? at : this.#allAt
  }

  /** All of them at once, whatever was refused, failed or was not shown a short time ago. */
  askAgain(now: Instant): void {
    this.#keys = 'all'
    this.#allAt = undefined
    this.#later.clear()
    this.refusals.askAgain(now)
  }

  /** What cannot be remembered is looked at with all of them. */
  noteAt(key: RecordKey, at: Instant): void {
    if (this.#later.has(key) || this.#later.size < MOST_KEYS) this.#later.set(key, at)
    else this.noteAllAt(at)
  }

  /** Answers how often in a row, as far as that is remembered. */
  failed(key: RecordKey): number {
    const failures = (this.#failures.get(key) ?? 0) + 1
    if (failures > 1 || this.#failures.size < MOST_KEYS) this.#failures.set(key, failures)
    return failures
  }

  /** Whether it failed, and its time has not come: what fails again and again holds up no other set. */
  isWaiting(key: RecordKey, now: Instant): boolean {
    return this.#failures.has(key) && (this.#later.get(key) ?? now) > now
  }

  succeeded(key: RecordKey): void {
    this.#failures.delete(key)
  }

  isDue(now: Instant): boolean {
    if (this.#keys === 'all' || this.#keys.size > 0) return true
    if (this.#allAt !== undefined && this.#allAt <= now) return true
    for (const at of this.#later.values()) if (at <= now) return true
    return false
  }

  /** They are looked at now; whoever cannot has to say so. */
  take(now: Instant): readonly RecordKey[] | 'all' {
    const keys = this.#keys
    this.#keys = new Set()
    const allDue = this.#allAt !== undefined && this.#allAt <= now
    if (allDue) this.#allAt = undefined
    const due = [...this.#later].filter(([, at]) => at <= now).map(([key]) => key)
    for (const key of due) this.#later.delete(key)
    return keys === 'all' || allDue ? 'all' : [...new Set([...keys, ...due])]
  }
}

/** Of each set that a feed replicates. */
export class FeedSets {
  readonly #byParent = new Map<ResourceName, SetsToLookAt[]>()
  readonly #bySet = new Map<ResourceName, SetsToLookAt>()

  constructor(resources: readonly ListedResource[]) {
    for (const { name, subresources } of resources) {
      const sets = subresources.map((set): [ResourceName, SetsToLookAt] => [set.name, new SetsToLookAt()])
      for (const [set, toLookAt] of sets) this.#bySet.set(set, toLookAt)
      this.#byParent.set(
        name,
        sets.map(([, toLookAt]) => toLookAt),
      )
    }
  }

  of({ name }: Subresource): SetsToLookAt {
    const toLookAt = this.#bySet.get(name)
    if (toLookAt === undefined) throw new InvariantViolation(`The feed does not replicate ${name}.`)
    return toLookAt
  }

  /** What the index now says of these records may be another stamp than their sets were read under. */
  moved(parts: readonly Pick<BatchPart, 'resource' | 'entries'>[]): void {
    for (const { resource, entries } of parts) {
      for (const toLookAt of this.#byParent.get(resource.name) ?? []) toLookAt.note(entries.keys())
    }
  }
}
