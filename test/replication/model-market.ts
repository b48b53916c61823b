import { instant, parseInstant, type Instant, type Millis } from '../../src/listing/instant.ts'
import type { SourceIdentity } from '../../src/listing/pass.ts'
import type { RecordKey } from '../../src/listing/record-key.ts'
import type { ResourceDescription } from '../../src/listing/resource.ts'
import type { SourceRecord } from '../../src/listing/source-record.ts'
import type {
  Clock,
  KeysAnswer,
  OneAnswer,
  Source,
  SourcePage,
  WalkRequest,
} from '../../src/replication/ports.ts'
import { feedIdentity } from '../support/index-entry.ts'
import { keyRow, SERVER_TIME, sourceRecord } from '../support/scripted-source.ts'

/**
 * `poison`: it cannot be published any more; `heal`: it can again, with a new stamp and the content of before, unless that
 * was changed meanwhile. `return`: as it was when it was removed, stamp included, whether anybody had published that or not; `return changed`:
 * with a new stamp and other content.
 */
export type ListingChange = {
  readonly kind: 'create' | 'change' | 'touch' | 'poison' | 'heal' | 'remove' | 'return' | 'return changed'
  readonly key: string
}

interface Listing {
  readonly version: number
  readonly stamp: Instant
  readonly listed: boolean
  readonly poisoned: boolean
}

/** What is true: listings that change, on a clock that moves a second with every request. Stamps never go back. */
export class ModelMarket implements Clock {
  readonly #listings = new Map<string, Listing>()
  #now: Instant = SERVER_TIME

  now(): Instant {
    return this.#now
  }

  async sleep(): Promise<void> {
    throw new Error('no pass sleeps')
  }

  advance(ms: Millis): void {
    this.#now = instant(this.#now + ms)
  }

  /** Does nothing where the listing is not in a state for it. */
  apply({ kind, key }: ListingChange): void {
    const before = this.#listings.get(key)
    const stamp = this.#now
    if (before === undefined) {
      if (kind === 'create') this.#listings.set(key, { version: 1, stamp, listed: true, poisoned: false })
      return
    }
    const { version, listed } = before
    if (kind === 'change' && listed) this.#listings.set(key, { ...before, version: version + 1, stamp })
    if (kind === 'touch' && listed) this.#listings.set(key, { ...before, stamp })
    if (kind === 'poison' && listed) this.#listings.set(key, { ...before, stamp, poisoned: true })
    if (kind === 'heal' && listed && before.poisoned) {
      this.#listings.set(key, { ...before, stamp, poisoned: false })
    }
    if (kind === 'remove' && listed) this.#listings.set(key, { ...before, listed: false })
    if (kind === 'return' && !listed) this.#listings.set(key, { ...before, listed: true })
    if (kind === 'return changed' && !listed) {
      this.#listings.set(key, { version: version + 1, stamp, listed: true, poisoned: false })
    }
  }

  /** What is listed now, in ascending order of key. */
  records(): readonly SourceRecord[] {
    return [...this.#listings]
      .filter(([, { listed }]) => listed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, listing]) => recordOf(key, listing))
  }
}

function recordOf(key: string, { version, stamp, poisoned }: Listing): SourceRecord {
  const fields = { Version: version, ...(poisoned ? { Poison: 1 } : {}) }
  return sourceRecord(key, fields, { modificationTimestamp: stamp })
}

/** The market's API, as one process sees it. */
export class ModelSource implements Source {
  /** Keys that it was asked for and did not have, and when. */
  readonly denied: (readonly [RecordKey, Instant])[] = []
  readonly #market: ModelMarket
  readonly #pageSizes: readonly number[]
  /** Changes that happen after one request each; null: nothing happens. */
  readonly #between: (ListingChange | null)[]
  #request: number

  constructor(
    market: ModelMarket,
    options: {
      readonly pageSizes: readonly number[]
      readonly between: readonly (ListingChange | null)[]
      readonly lastRequest: number
    },
  ) {
    this.#market = market
    this.#pageSizes = options.pageSizes
    this.#between = [...options.between]
    this.#request = options.lastRequest
  }

  async identify(): Promise<SourceIdentity> {
    return feedIdentity().source
  }

  /** In order of key; the token is the last key shown. A full page names a next one, though that may be empty. */
  async *walk({ filter, select, token }: WalkRequest): AsyncGenerator<SourcePage, void, undefined> {
    for (let sent = token; ;) {
      const [request, all] = this.#ask()
      const size = this.#pageSizes[request % this.#pageSizes.length] ?? 1
      const page = all.filter((record) => record.key > sent && matches(filter, record)).slice(0, size)
      const nextToken = page.length < size ? null : (page.at(-1)?.key ?? null)
      const records = select === 'keys' ? page.map(keyRow) : page
      yield { request, token: sent, nextToken, serverDate: this.#market.now(), records, unreadable: [] }
      this.#happen()
      if (nextToken === null) return
      sent = nextToken
    }
  }

  async count(_: ResourceDescription, filter: string): Promise<number> {
    const [, all] = this.#ask()
    const count = all.filter((record) => matches(filter, record)).length
    this.#happen()
    return count
  }

  async findByKeys(_: ResourceDescription, keys: readonly RecordKey[]): Promise<KeysAnswer> {
    const [request, all] = this.#ask()
    const records = all.filter(({ key }) => keys.includes(key))
    const serverDate = this.#market.now()
    for (const key of keys)
      if (!records.some((record) => record.key === key)) this.denied.push([key, serverDate])
    this.#happen()
    return { kind: 'answered', request, serverDate, records }
  }

  async findOne(_: ResourceDescription, key: RecordKey): Promise<OneAnswer> {
    const [request, all] = this.#ask()
    const record = all.find((one) => one.key === key)
    const serverDate = this.#market.now()
    if (record === undefined) this.denied.push([key, serverDate])
    this.#happen()
    return record === undefined
      ? { kind: 'gone', request, serverDate }
      : { kind: 'found', request, serverDate, record }
  }

  #ask(): readonly [number, readonly SourceRecord[]] {
    this.#market.advance(1_000)
    this.#request += 1
    return [this.#request, this.#market.records()]
  }

  #happen(): void {
    const change = this.#between.shift()
    if (change !== undefined && change !== null) this.#market.apply(change)
  }
}

/** The part of SparkQL that the passes write. */
function matches(filter: string, { modificationTimestamp: stamp }: SourceRecord): boolean {
  if (filter === '') return true
  return filter.split(' And ').every((term) => {
    const [, operator, text] = /^ModificationTimestamp (Gt|Lt) (\S+)$/.exec(term) ?? []
    const bound = parseInstant(text ?? '')
    if (bound === undefined || stamp === null) throw new Error(`a filter that nobody should write: ${filter}`)
    return operator === 'Gt' ? stamp > bound : stamp < bound
  })
}
