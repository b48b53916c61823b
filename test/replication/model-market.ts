import { instant, parseInstant, type Instant, type Millis } from '../../src/domain/instant.ts'
import type { SourceIdentity } from '../../src/domain/pass.ts'
import type { RecordKey } from '../../src/domain/record-key.ts'
import type { ResourceDescription } from '../../src/domain/resource.ts'
import type { SourceRecord } from '../../src/domain/source-record.ts'
import type {
  Clock,
  KeysAnswer,
  OneAnswer,
  SetAnswer,
  SetsRequest,
  Source,
  SourcePage,
  WalkRequest,
} from '../../src/replication/ports.ts'
import { DATA_FAILED } from '../../src/domain/error-codes.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { SERVER_TIME, shownRow, sourceRecord } from '../fixtures/scripted-source.ts'
import { isPartsChange, ModelParts, type PartsChange } from './sets/model-parts.ts'

/**
 * `poison`: it cannot be published any more; `heal`: it can again, with a new stamp and the content of before, unless that
 * was changed meanwhile. `return`: as it was when it was removed, stamp included, whether anybody had published that or not;
 * `return changed`: with a new stamp and other content. `set back`, `set back a little`: other content under a stamp of two
 * days, or of ten minutes, ago. `mask`, `unmask`: its stamp is shown or not, and the source goes by it as before. `lose
 * stamp`: other content, and no stamp at all until the next change. `change silently`: other content under the same stamp. `break`, `mend`: the API stumbles over its data whenever
 * it is to show it whole, or does so no more; nothing else changes.
 */
export type ListingChange = {
  readonly kind:
    | 'create'
    | 'change'
    | 'change silently'
    | 'touch'
    | 'poison'
    | 'heal'
    | 'remove'
    | 'return'
    | 'return changed'
    | 'set back'
    | 'set back a little'
    | 'mask'
    | 'unmask'
    | 'lose stamp'
    | 'break'
    | 'mend'
  readonly key: string
}

interface Listing {
  readonly version: number
  /** Null: it has none. */
  readonly stamp: Instant | null
  readonly masked: boolean
  readonly listed: boolean
  readonly poisoned: boolean
  readonly broken: boolean
}

/** A listing as the API shows it, and the stamp that its filters go by. */
interface Row {
  readonly record: SourceRecord
  readonly stamp: Instant | null
  readonly broken: boolean
}

const SET_BACK_MS = 47 * 3_600_000
const SET_BACK_A_LITTLE_MS = 10 * 60_000

/** What is true: listings that change, on a clock that moves a second with every request. */
export class ModelMarket implements Clock {
  readonly parts = new ModelParts()
  readonly #listings = new Map<string, Listing>()
  #now: Instant = SERVER_TIME
  #setBacks = 0

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
  apply(change: MarketChange): void {
    if (!isPartsChange(change)) return this.#applyTo(change)
    const isListed = this.#listings.get(change.key)?.listed ?? false
    if (isListed && this.parts.apply(change, this.#now)) this.#applyTo({ kind: 'touch', key: change.key })
  }

  #applyTo({ kind, key }: ListingChange): void {
    const before = this.#listings.get(key)
    if (before === undefined) {
      if (kind !== 'create') return
      const fresh = {
        version: 1,
        stamp: this.#now,
        masked: false,
        listed: true,
        poisoned: false,
        broken: false,
      }
      this.#listings.set(key, fresh)
    } else {
      const change = this.#changeOf(kind, before)
      if (change !== undefined) this.#listings.set(key, { ...before, ...change })
    }
  }

  #changeOf(kind: ListingChange['kind'], before: Listing): Partial<Listing> | undefined {
    const stamp = this.#now
    const version = before.version + 1
    if (!before.listed) {
      if (kind === 'return') return { listed: true }
      return kind === 'return changed' ? { listed: true, version, stamp, poisoned: false } : undefined
    }
    switch (kind) {
      case 'change':
        return { version, stamp }
      case 'change silently':
        return { version }
      case 'touch':
        return { stamp }
      case 'poison':
        return { stamp, poisoned: true }
      case 'heal':
        return before.poisoned ? { stamp, poisoned: false } : undefined
      case 'remove':
        return { listed: false }
      case 'set back':
        return { version, stamp: this.#setBack(SET_BACK_MS) }
      case 'set back a little':
        return { version, stamp: this.#setBack(SET_BACK_A_LITTLE_MS) }
      case 'mask':
        return { masked: true }
      case 'unmask':
        return { masked: false }
      case 'lose stamp':
        return { version, stamp: null }
      case 'break':
        return { broken: true }
      case 'mend':
        return { broken: false }
      case 'create':
      case 'return':
      case 'return changed':
        return undefined
    }
  }

  /** No stamp that anything ever had: other content under the same stamp could not be seen by anybody. */
  #setBack(by: Millis): Instant {
    this.#setBacks += 1
    return instant(this.#now - by + 1_000 * this.#setBacks + 500)
  }

  /** What is listed now, in ascending order of key. */
  rows(): readonly Row[] {
    return [...this.#listings]
      .filter(([, { listed }]) => listed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, listing]) => ({ record: this.#recordOf(key, listing), ...listing }))
  }

  records(): readonly SourceRecord[] {
    return this.rows().map(({ record }) => record)
  }

  #recordOf(key: string, { version, stamp, masked, poisoned }: Listing): SourceRecord {
    const fields = { Version: version, ...(poisoned ? { Poison: 1 } : {}) }
    const record = sourceRecord(key, fields, {
      mlsId: this.parts.mlsOf(key),
      changeStamps: this.parts.stampsOf(key),
      ...(stamp === null ? {} : { modificationTimestamp: stamp }),
    })
    return masked || stamp === null ? { ...record, modificationTimestamp: null } : record
  }
}

export type MarketChange = ListingChange | PartsChange

/** The program's own clock, which may be wrong. */
export class LocalClock implements Clock {
  readonly #market: ModelMarket
  /** How far it is ahead of the truth. */
  off: Millis = 0

  constructor(market: ModelMarket) {
    this.#market = market
  }

  now(): Instant {
    return instant(this.#market.now() + this.off)
  }

  sleep(): Promise<void> {
    return this.#market.sleep()
  }
}

/** What happens around one request, all in the second of its answer. */
export interface Around {
  readonly before: MarketChange | null
  readonly after: readonly MarketChange[]
  /** How far the answer's `Date` is off. */
  readonly skew: Millis
}

/** The market's API, as one process sees it. */
export class ModelSource implements Source {
  /** Keys that it was asked for and did not have, and when. */
  readonly denied: (readonly [RecordKey, Instant])[] = []
  /** Keys whose sets it was asked for. */
  readonly setsAsked: RecordKey[] = []
  readonly #market: ModelMarket
  readonly #pageSizes: readonly number[]
  #around: Around[]
  readonly #isStamped: boolean
  #now: Around | undefined
  #request: number
  /** By the clock of the process that asks. */
  localNow: () => Instant = () => this.#market.now()
  /** Told the Date of every answer (R4). */
  onDate: (date: Instant) => void = () => undefined

  constructor(
    market: ModelMarket,
    options: {
      readonly pageSizes: readonly number[]
      readonly around: readonly Around[]
      readonly lastRequest: number
      /** Otherwise it shows no stamp, and goes by none. */
      readonly isStamped: boolean
    },
  ) {
    this.#market = market
    this.#isStamped = options.isStamped
    this.#pageSizes = options.pageSizes
    this.#around = [...options.around]
    this.#request = options.lastRequest
  }

  /** What happens around its next requests. */
  surround(around: readonly Around[]): void {
    this.#around = [...around]
  }

  /** Number of the last one. */
  get requests(): number {
    return this.#request
  }

  async identify(): Promise<SourceIdentity> {
    return feedIdentity().source
  }

  /** In order of key; the token is the last key shown. A full page names a next one, though that may be empty. */
  async *walk({ filter, select, token }: WalkRequest): AsyncGenerator<SourcePage, void, undefined> {
    for (let sent = token; ;) {
      const [request, all] = this.#ask()
      const size = this.#pageSizes[request % this.#pageSizes.length] ?? 1
      const dates = this.#dates()
      const page = all.filter((row) => row.record.key > sent && matches(filter, row)).slice(0, size)
      const nextToken = page.length < size ? null : (page.at(-1)?.record.key ?? null)
      const records =
        select === 'everything' ? showAll(page) : page.map(({ record }) => shownRow(record, select))
      yield { request, token: sent, nextToken, ...dates, records, unreadable: [] }
      this.#happen()
      if (nextToken === null) return
      sent = nextToken
    }
  }

  async count(_: ResourceDescription, filter: string): Promise<number> {
    const [, all] = this.#ask()
    const count = all.filter((row) => matches(filter, row)).length
    this.#dates()
    this.#happen()
    return count
  }

  async findByKeys(
    _: ResourceDescription,
    keys: readonly RecordKey[],
    select: WalkRequest['select'],
  ): Promise<KeysAnswer> {
    const [request, all] = this.#ask()
    const rows = all.filter(({ record }) => keys.includes(record.key))
    const dates = this.#dates()
    if (select === 'everything' && rows.some(({ broken }) => broken)) {
      this.#happen()
      return { kind: 'spoiled', why: 'broken data' }
    }
    const records = rows.map(({ record }) => record)
    for (const key of keys)
      if (!records.some((record) => record.key === key)) this.denied.push([key, this.#market.now()])
    this.#happen()
    return { kind: 'answered', request, ...dates, records }
  }

  async *sets({ set, keys }: SetsRequest): AsyncGenerator<SetAnswer, void, undefined> {
    for (const key of keys) {
      const [request, rows] = this.#ask()
      const dates = this.#dates()
      const isThere = rows.some(({ record }) => record.key === key)
      const answer = this.#market.parts.answer(set, key, this.#market.now())
      this.setsAsked.push(key)
      this.#happen()
      if (!isThere) yield { kind: 'missing', key }
      else yield answer.kind === 'found' ? { ...answer, key, request, ...dates } : answer
    }
  }

  async findOne(_: ResourceDescription, key: RecordKey): Promise<OneAnswer> {
    const [request, all] = this.#ask()
    const row = all.find(({ record }) => record.key === key)
    const record = row?.record
    const dates = this.#dates()
    if (record === undefined) this.denied.push([key, this.#market.now()])
    this.#happen()
    if (row?.broken === true) return { kind: 'inconclusive', why: 'broken data' }
    return record === undefined
      ? { kind: 'gone', request, ...dates }
      : { kind: 'found', request, ...dates, record }
  }

  #ask(): readonly [number, readonly Row[]] {
    this.#market.advance(1_000)
    this.#request += 1
    this.#now = this.#around.shift()
    const before = this.#now?.before ?? null
    if (before !== null) this.#market.apply(before)
    const rows = this.#market.rows()
    return [this.#request, this.#isStamped ? rows : rows.map(withoutStamp)]
  }

  #dates(): { readonly serverDate: Instant; readonly receivedAt: Instant } {
    const serverDate = instant(this.#market.now() + (this.#now?.skew ?? 0))
    this.onDate(serverDate)
    return { serverDate, receivedAt: this.localNow() }
  }

  #happen(): void {
    for (const change of this.#now?.after ?? []) this.#market.apply(change)
  }
}

/** @throws {ListingstreamError} if one of them is broken */
function showAll(rows: readonly Row[]): readonly SourceRecord[] {
  if (rows.some(({ broken }) => broken)) {
    throw new ListingstreamError('broken data', { code: DATA_FAILED, retryable: true })
  }
  return rows.map(({ record }) => record)
}

function withoutStamp({ record, broken }: Row): Row {
  return { record: { ...record, modificationTimestamp: null, changeStamps: {} }, stamp: null, broken }
}

/** The part of SparkQL that the passes write. */
function matches(filter: string, { stamp }: Row): boolean {
  if (filter === '') return true
  return filter.split(' And ').every((term) => {
    const [, operator, text] = /^ModificationTimestamp (Gt|Le|Lt) (\S+)$/.exec(term) ?? []
    const bound = parseInstant(text ?? '')
    if (bound === undefined) throw new Error(`a filter that nobody should write: ${filter}`)
    if (stamp === null) return false
    if (operator === 'Le') return stamp <= bound
    return operator === 'Gt' ? stamp > bound : stamp < bound
  })
}
