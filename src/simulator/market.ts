import { ListingstreamError } from '../support/errors.ts'
import { customFields } from './collections/listings/custom-fields.ts'
import { FieldCatalog, metadataChangeSchema } from './records/field-catalog.ts'
import type { FieldDefinition, MetadataChange } from './records/field-catalog.ts'
import { ListingChanges } from './listing-changes.ts'
import { IdIssuer, sparkId } from './records/spark-id.ts'
import { generatedListing } from './collections/listings/listing.ts'
import type { Listing } from './collections/listings/listing.ts'
import { marketCommandSchema } from './market-command.ts'
import type { CheckedCommand, MarketCommand, MarketReport } from './market-command.ts'
import { PendingChanges } from './records/pending-changes.ts'
import { fraction, hash32, Prng } from './prng.ts'
import { standardFields } from './collections/listings/standard-fields.ts'
import type { FieldSet } from './collections/listings/standard-fields.ts'
import { dayNumber } from './time-text.ts'

const HISTORY_MS = 3 * 365 * 86_400_000

export interface MarketOptions {
  readonly listings: number
  readonly seed: number
  /** End of the generated past, milliseconds since 1970: no first listing has a later stamp. */
  readonly epoch: number
  readonly mlsCount: number
  readonly fields: FieldSet
  /** Longest time between a change's stamp and its being visible; each change has its own, by the seed. */
  readonly cacheLagMs: number
  now(): number
}

/**
 * The listings behind the API and what happens to them. Everything follows from the options, the commands and the clock:
 * a listing is generated when it is read, and only what was changed is kept.
 */
export class Market {
  readonly standardFields: FieldCatalog
  readonly customFields: FieldCatalog
  readonly mlsIds: readonly string[]
  readonly #options: MarketOptions
  readonly #prng: Prng
  readonly #ids = new IdIssuer()
  /** Ascending by key: ids rise, and nothing is ever taken out. */
  readonly #listings: Listing[] = []
  readonly #pending = new PendingChanges()
  readonly #changes: ListingChanges
  #changeNumber = 0
  #revision = 0
  #today: number

  constructor(options: MarketOptions) {
    this.#options = options
    this.#prng = new Prng(hash32(options.seed, 0x6d61726b))
    this.#today = dayNumber(options.now())
    this.#changes = new ListingChanges(this.#prng)
    this.mlsIds = Array.from({ length: options.mlsCount }, (_, i) =>
      sparkId(956_760_304_728_000 + i * 86_400e6),
    )
    this.standardFields = new FieldCatalog(standardFields(options.fields), options.epoch)
    this.customFields = new FieldCatalog(customFields(), options.epoch)
    const step = HISTORY_MS / options.listings
    for (let i = 0; i < options.listings; i += 1) {
      const seed = hash32(options.seed, i)
      this.#list(seed, options.epoch - HISTORY_MS + (i + fraction(seed)) * step, options.epoch)
    }
  }

  /** Rises with everything that a reader of the API could notice. */
  get revision(): number {
    return this.#revision
  }

  /** Days since 1970, as of the last `advance`. */
  get today(): number {
    return this.#today
  }

  /** Changes that are not visible yet. */
  get pending(): number {
    return this.#pending.size
  }

  /** Keys that were visible once and are no more. */
  get gone(): readonly string[] {
    return this.#listings.filter((listing) => listing.shown && !listing.visible).map(({ key }) => key)
  }

  /** Brings to light what is due by the clock. Called before anything is read. */
  advance(): void {
    const now = this.#options.now()
    const due = this.#pending.takeUntil(now)
    for (const change of due) change.apply()
    if (due.length > 0 || dayNumber(now) !== this.#today) this.#revision += 1
    this.#today = dayNumber(now)
  }

  /** The visible listing of a key. */
  find(key: string): Listing | undefined {
    const listing = this.#any(key)
    return listing?.visible === true ? listing : undefined
  }

  /** Visible listings with keys above `after`, ascending. */
  *rows(after: string): Generator<Listing, void, undefined> {
    for (let i = this.#indexAfter(after); ; i += 1) {
      const listing = this.#listings[i]
      if (listing === undefined) return
      if (listing.visible) yield listing
    }
  }

  /** @throws {z.ZodError | ListingstreamError} if the command is not one, or names what does not exist. */
  apply(command: MarketCommand): MarketReport {
    const checked = marketCommandSchema.parse(command)
    this.advance()
    const at = checked.at ?? this.#options.now()
    const keys = this.#apply(checked, at)
    this.advance()
    return { action: checked.action, keys, at }
  }

  /** @throws {z.ZodError | ListingstreamError} */
  changeMetadata(change: MetadataChange): void {
    const checked = metadataChangeSchema.parse(change)
    const catalog = checked.custom ? this.customFields : this.standardFields
    catalog.apply(checked, this.#options.now())
    this.#revision += 1
  }

  #apply(command: CheckedCommand, at: number): string[] {
    if (command.action === 'new') {
      return Array.from({ length: command.count ?? 1 }, () => this.#enter(this.#prng.next32(), at))
    }
    const change = this.#changes.of(command, at, (name) => this.#field(name))
    const targets = this.#targets(command, (listing) => change.applies(listing))
    return targets.flatMap((listing) => {
      if (change.deletes) listing.exists = false
      this.#schedule(listing, at, change.mutation(listing))
      return command.action === 'relist' ? [listing.key, this.#enter(listing.seed, at)] : [listing.key]
    })
  }

  /** A listing that becomes visible only after the cache lag. */
  #enter(seed: number, at: number): string {
    const listing = this.#list(seed, at, at)
    Object.assign(listing, { visible: false, shown: false, status: 'Active', closePrice: null })
    this.#schedule(listing, at, () => {
      listing.visible = true
      listing.shown = true
    })
    return listing.key
  }

  #list(seed: number, createdAt: number, until: number): Listing {
    const key = this.#ids.next(createdAt)
    const number = 1_001 + this.#listings.length
    const listing = generatedListing({ key, seed, number, createdAt, until, mlsIds: this.mlsIds })
    this.#listings.push(listing)
    return listing
  }

  #schedule(listing: Listing, at: number, apply: () => void): void {
    this.#changeNumber += 1
    const lag = hash32(this.#options.seed, this.#changeNumber) % (this.#options.cacheLagMs + 1)
    // The changes of one listing become visible in their order.
    listing.settledAt = Math.max(at + lag, listing.settledAt)
    this.#pending.add({ visibleAt: listing.settledAt, apply })
  }

  #targets(
    command: Exclude<CheckedCommand, { action: 'new' }>,
    applies: (listing: Listing) => boolean,
  ): Listing[] {
    if (command.keys !== undefined) return command.keys.map((key) => this.#named(key))
    const everything = /^(bulk-|mask|unmask)/.test(command.action)
    const wanted = command.count ?? (everything ? this.#listings.length : 1)
    const chosen: Listing[] = []
    for (const listing of this.#inChosenOrder()) {
      if (chosen.length >= wanted) break
      if ((command.mlsId ?? listing.mlsId) === listing.mlsId && applies(listing)) chosen.push(listing)
    }
    return chosen
  }

  /** Every listing once, from a random start in random strides. */
  *#inChosenOrder(): Generator<Listing, void, undefined> {
    const size = this.#listings.length
    if (size === 0) return
    let stride = 1 + this.#prng.below(size)
    while (greatestCommonDivisor(stride, size) !== 1) stride += 1
    let at = this.#prng.below(size)
    for (let i = 0; i < size; i += 1) {
      const listing = this.#listings[at]
      if (listing !== undefined) yield listing
      at = (at + stride) % size
    }
  }

  #named(key: string): Listing {
    const listing = this.#any(key)
    if (listing === undefined) throw unknown('SIMULATOR_UNKNOWN_KEY', `There is no listing ${key}.`)
    return listing
  }

  #field(name: string): FieldDefinition {
    const field = this.standardFields.find(name) ?? this.customFields.find(name)
    if (field === undefined) throw unknown('SIMULATOR_UNKNOWN_FIELD', `There is no field ${name}.`)
    return field
  }

  #any(key: string): Listing | undefined {
    const listing = this.#listings[this.#indexAfter(key) - 1]
    return listing?.key === key ? listing : undefined
  }

  #indexAfter(key: string): number {
    let low = 0
    let high = this.#listings.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#listings[middle]?.key ?? '') <= key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function unknown(code: string, what: string): ListingstreamError {
  return new ListingstreamError(`${what} Ask for what the simulator's truth shows.`, {
    code,
    retryable: false,
    disposition: 'stop',
  })
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
