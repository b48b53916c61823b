/** What happens on the simulated market while the demo runs, and which events have to come of it. */
import type { Replicated } from '../domain/resource.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { ExpectedEvents, type EventCounts } from './expected-events.ts'

/** Values of every kind that a schema cannot foresee (R12). */
const ILL_FITTING = { BedsTotal: 'three', ListPrice: { from: 250_000, to: 300_000 }, CloseDate: '2026-02-31' }
const PHOTO_CHANGES = ['add', 'reorder', 'replace', 'edit', 'clear'] as const
const LARGEST_SET = 200

const COLLECTIONS = ['listings', 'accounts'] as const
type Collection = (typeof COLLECTIONS)[number]

export class MarketDay {
  readonly #simulator: Simulator
  readonly #expected: ReadonlyMap<Replicated, ExpectedEvents>
  readonly #sizes: ReadonlyMap<Collection, number>
  /** Keys that got other content since the last update, by the topic that has to tell of it. */
  readonly #changed = new Map<string, Set<string>>()
  readonly #touched = new Map<string, Set<string>>()
  readonly #outOfView = new Map<Collection, readonly string[]>()
  #onlyTouched = 0

  /** @param replicated what has a topic */
  constructor(simulator: Simulator, replicated: readonly Replicated[]) {
    this.#simulator = simulator
    // Before anybody has read a listing: a field that the metadata does not name.
    simulator.listings.changeMetadata({
      action: 'add',
      name: 'NotYetInMetadata',
      type: 'Character',
      inMetadata: false,
      nullRate: 0.9,
    })
    this.#expected = new Map(replicated.map((one) => [one, new ExpectedEvents(simulator, one)]))
    this.#sizes = new Map(COLLECTIONS.map((name) => [name, this.#shown(name, 'Id').length]))
  }

  /**
   * Prices, statuses, photos, members who move, what is new, values that do not fit, and touches without any change.
   */
  busyMorning(): void {
    this.#change('listings', { action: 'prices', count: this.#share('listings', 0.02) })
    this.#change('listings', { action: 'status', count: this.#share('listings', 0.01) })
    this.#change('listings', { action: 'set', fields: ILL_FITTING, count: this.#share('listings', 0.001) })
    // Rights change without any stamp; only the touch behind it lets an update see it.
    const mask = { action: 'mask', fields: ['ListPrice'], count: this.#share('listings', 0.002) }
    this.#apply('listings', { action: 'touch', keys: this.#change('listings', mask) })
    const size = this.#share('listings', 0.002)
    const withPhotos = this.#listingsWithPhotos()
    for (const [at, change] of PHOTO_CHANGES.entries()) {
      this.#changePhotos({ change, keys: withPhotos.slice(at * size, (at + 1) * size) })
    }
    for (const action of ['email', 'rename', 'move']) {
      this.#change('accounts', { action, count: this.#share('accounts', 0.01) })
    }
    for (const collection of COLLECTIONS) {
      this.#apply(collection, { action: 'new', count: this.#share(collection, 0.01) })
      this.#touch(collection, 0.02)
    }
    this.#beforeUpdate()
  }

  /** Some more changes, and what goes: removed, out of view, or listed anew under another key. */
  quietAfternoon(): void {
    this.#change('listings', { action: 'prices', count: this.#share('listings', 0.005) })
    this.#changePhotos({ change: 'resize', size: LARGEST_SET, keys: this.#listingsWithPhotos().slice(0, 1) })
    this.#change('accounts', { action: 'email', count: this.#share('accounts', 0.005) })
    for (const collection of COLLECTIONS) {
      this.#apply(collection, { action: 'remove', count: this.#share(collection, 0.01) })
      const leave = { action: 'leave', count: this.#share(collection, 0.005) }
      this.#outOfView.set(collection, this.#apply(collection, leave))
    }
    this.#apply('listings', { action: 'relist', count: this.#share('listings', 0.002) })
    for (const collection of COLLECTIONS) this.#touch(collection, 0.01)
    this.#beforeUpdate()
    for (const expected of this.#expected.values()) expected.beforePurge()
  }

  /** What was out of view is back, with a new stamp. */
  evening(): void {
    for (const [collection, keys] of this.#outOfView) {
      this.#apply(collection, { action: 'return', keys })
      this.#apply(collection, { action: 'touch', keys })
    }
    this.#beforeUpdate()
  }

  /** Records whose only change was their stamp. No event comes of them (R5). */
  get onlyTouched(): number {
    return this.#onlyTouched
  }

  expected(one: Replicated): EventCounts {
    return this.#expected.get(one)?.counts ?? {}
  }

  #beforeUpdate(): void {
    for (const [{ name }, expected] of this.#expected) {
      const published = expected.beforeUpdate(this.#changed.get(name) ?? new Set())
      this.#onlyTouched += (this.#touched.get(name) ?? new Set()).difference(published).size
    }
    this.#changed.clear()
    this.#touched.clear()
  }

  #change(collection: Collection, command: object): readonly string[] {
    return noted(this.#changed, collection, this.#apply(collection, command))
  }

  /** A listing has the count of its photos, and the time of their last change. */
  #changePhotos(command: object): void {
    const keys = this.#change('listings', { action: 'media', part: 'photos', ...command })
    noted(this.#changed, 'listing-photos', keys)
  }

  #touch(collection: Collection, part: number): void {
    const command = { action: 'touch', count: this.#share(collection, part) }
    noted(this.#touched, collection, this.#apply(collection, command))
  }

  #apply(collection: Collection, command: object): readonly string[] {
    return this.#simulator.collection(collection)?.obey(command).keys ?? []
  }

  /** With enough of them for every kind of change to change something. */
  #listingsWithPhotos(): readonly string[] {
    const counts = this.#shown('listings', 'PhotosCount')
    return counts.filter(([, count]) => Number(count) > 1).map(([key]) => key)
  }

  #shown(collection: Collection, field: string): readonly (readonly [key: string, value: unknown])[] {
    return [...(this.#simulator.collection(collection)?.shownValues(field) ?? [])]
  }

  /** At least one, so that every kind of change is there. */
  #share(collection: Collection, part: number): number {
    return Math.max(1, Math.round((this.#sizes.get(collection) ?? 0) * part))
  }
}

function noted(notes: Map<string, Set<string>>, topic: string, keys: readonly string[]): readonly string[] {
  notes.set(topic, (notes.get(topic) ?? new Set()).union(new Set(keys)))
  return keys
}
