/** What happens on the simulated market while the demo runs, and which events have to come of it. */
import type { ListingCommand, SimulatedListings } from '../simulator/collections/listings.ts'

/** Number of records in the topic by change reason, `ListingDeleted`, `tombstone`. */
export type EventCounts = Readonly<Record<string, number>>

/** Values of every kind that a schema cannot foresee (R12). */
const ILL_FITTING = { BedsTotal: 'three', ListPrice: { from: 250_000, to: 300_000 }, CloseDate: '2026-02-31' }

export class MarketDay {
  readonly #listings: SimulatedListings
  readonly #size: number
  readonly #published: Set<string>
  #created = 0
  #updated = 0
  #deleted = 0
  #touched = 0
  readonly #listingsAtStart: number

  constructor(listings: SimulatedListings) {
    this.#listings = listings
    // Before anybody has read a listing: a field that the metadata does not name.
    listings.changeMetadata({
      action: 'add',
      name: 'NotYetInMetadata',
      type: 'Character',
      inMetadata: false,
      nullRate: 0.9,
    })
    this.#published = new Set(Array.from(listings.rows(''), ({ key }) => key))
    this.#size = this.#published.size
    this.#listingsAtStart = this.#size
  }

  /** Price changes, status changes, new listings, photos, values that do not fit, and touches without any change. */
  busyMorning(): void {
    const edited = [
      ...this.#apply({ action: 'prices', count: this.#share(0.02) }),
      ...this.#apply({ action: 'status', count: this.#share(0.01) }),
      ...this.#apply({ action: 'media', part: 'photos', count: this.#share(0.005) }),
      ...this.#apply({ action: 'set', fields: ILL_FITTING, count: this.#share(0.001) }),
    ]
    // Rights change without any stamp; only the touch behind it lets an update see it.
    const masked = this.#apply({ action: 'mask', fields: ['ListPrice'], count: this.#share(0.002) })
    this.#apply({ action: 'touch', keys: masked })
    const created = this.#apply({ action: 'new', count: this.#share(0.01) })
    const touched = this.#apply({ action: 'touch', count: this.#share(0.02) })
    this.#expect({ created, changed: [...edited, ...masked], touched })
  }

  /** Some more changes, and listings that go: removed, out of view, or listed anew under another key. */
  quietAfternoon(): void {
    const before = new Set(this.#published)
    const changed = this.#apply({ action: 'prices', count: this.#share(0.005) })
    this.#apply({ action: 'remove', count: this.#share(0.01) })
    this.#apply({ action: 'leave', count: this.#share(0.005) })
    const created = this.#apply({ action: 'relist', count: this.#share(0.002) }).filter(
      (key) => !before.has(key),
    )
    const touched = this.#apply({ action: 'touch', count: this.#share(0.01) })
    this.#expect({ created, changed, touched })
    this.#deleted = [...this.#published].filter((key) => this.#listings.find(key) === undefined).length
  }

  /** Listings whose only change was their ModificationTimestamp. No event comes of them (R5). */
  get touched(): number {
    return this.#touched
  }

  get expected(): EventCounts {
    return {
      SNAPSHOT: this.#listingsAtStart,
      CREATED: this.#created,
      UPDATED: this.#updated,
      ListingDeleted: this.#deleted,
      tombstone: this.#deleted,
    }
  }

  /** What an update has to publish that comes after these changes and before any other. */
  #expect(round: {
    readonly created: readonly string[]
    readonly changed: readonly string[]
    readonly touched: readonly string[]
  }): void {
    const isThere = (key: string): boolean => this.#listings.find(key) !== undefined
    const created = new Set(round.created.filter(isThere))
    const updated = new Set(round.changed.filter((key) => isThere(key) && this.#published.has(key)))
    const touched = new Set(round.touched.filter((key) => !created.has(key) && !updated.has(key)))
    for (const key of created) this.#published.add(key)
    this.#created += created.size
    this.#updated += updated.size
    this.#touched += touched.size
  }

  #apply(command: ListingCommand): readonly string[] {
    return this.#listings.apply(command).keys
  }

  /** At least one, so that every kind of change is there. */
  #share(part: number): number {
    return Math.max(1, Math.round(this.#size * part))
  }
}
