import { ListingstreamError } from '../../support/errors.ts'
import { fraction, hash32, pick, Prng } from '../prng.ts'
import { dayNumber, wholeSeconds } from '../time-text.ts'
import type { ChangeContext, CollectionDefinition, OwnChange } from './collection-definition.ts'
import type { FieldDefinition } from './field-catalog.ts'
import type { CollectionSettings } from './open-collection.ts'
import { PendingChanges } from './pending-changes.ts'
import { commonChange, ownChange } from './record-changes.ts'
import type { RecordChange } from './record-changes.ts'
import { parseCommand } from './record-command.ts'
import type { CommandReport, ParsedCommand, RecordCommand, Selection } from './record-command.ts'
import { RecordStore } from './record-store.ts'
import type { RecordOrigin, SimulatedRecord } from './simulated-record.ts'
import { IdIssuer } from './spark-id.ts'

const HISTORY_MS = 3 * 365 * 86_400_000
const MLS_SALT = 6

/**
 * The records of a collection and what happens to them. Everything follows from the settings, the commands and the
 * clock: a record's values are generated when it is read, and only what was changed is kept.
 */
export class ChangingRecords<R extends SimulatedRecord, Own extends string> {
  readonly #definition: CollectionDefinition<R, Own>
  readonly #settings: CollectionSettings
  readonly #field: (name: string) => FieldDefinition
  readonly #prng: Prng
  readonly #ids = new IdIssuer()
  readonly #records = new RecordStore<R>()
  readonly #pending = new PendingChanges()
  readonly #firstSize: number
  readonly #mlsIds: readonly string[]
  readonly #over = new Set<R>()
  #changeNumber = 0
  #revision = 0
  #today: number

  /** @param field throws for a name that no field has */
  constructor(
    definition: CollectionDefinition<R, Own>,
    settings: CollectionSettings,
    field: (name: string) => FieldDefinition,
  ) {
    const { seed, epoch, dataShare } = settings
    this.#definition = definition
    this.#settings = settings
    this.#field = field
    this.#prng = new Prng(hash32(seed, 0x6d61726b))
    this.#mlsIds = dataShare.map(({ id }) => id)
    this.#today = dayNumber(settings.now())
    this.#firstSize = Math.ceil(definition.size(settings.listings, dataShare.length))
    const step = HISTORY_MS / this.#firstSize
    for (let i = 0; i < this.#firstSize; i += 1) {
      const own = hash32(seed, i)
      const createdAt = epoch - HISTORY_MS + (i + fraction(own)) * step
      this.#add({ seed: own, createdAt, until: epoch, isNew: false })
    }
  }

  /** Rises with every change that has become visible. */
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
    return this.#records.all.filter(({ shown, visible }) => shown && !visible).map(({ key }) => key)
  }

  /** One of the first records, in view or not. */
  first(hash: number): R | null {
    return this.#firstSize === 0 ? null : (this.#records.all[hash % this.#firstSize] ?? null)
  }

  /** The visible record of a key. */
  find(key: string): R | undefined {
    const record = this.#records.find(key)
    return record?.visible === true ? record : undefined
  }

  /** The record of a key, visible or not. */
  known(key: string): R | undefined {
    return this.#records.find(key)
  }

  /** Visible records with keys above `after`, ascending. */
  *rows(after: string): Generator<R, void, undefined> {
    for (const record of this.#records.after(after)) if (record.visible) yield record
  }

  /** Visible ones, and those that are over by time passing, ascending by key. */
  *rowsEver(): Generator<R, void, undefined> {
    for (const record of this.#records.all) if (record.visible || this.#over.has(record)) yield record
  }

  /** Over by time passing, whether that has been brought to light or not. */
  isOver(record: R): boolean {
    const { endsAt } = this.#definition
    return this.#over.has(record) || (endsAt !== null && endsAt(record) <= this.#settings.now())
  }

  /** Brings to light what is due by the clock. */
  advance(): void {
    const now = this.#settings.now()
    const due = this.#pending.takeUntil(now)
    for (const change of due) change.apply()
    const ended = this.#end(now)
    if (due.length + ended > 0 || dayNumber(now) !== this.#today) this.#revision += 1
    this.#today = dayNumber(now)
  }

  /** @throws {z.ZodError | ListingstreamError} if the command is not one, or names what does not exist. */
  obey(command: unknown): CommandReport {
    const parsed = parseCommand(command, this.#definition.changes)
    this.advance()
    const at = parsed.command.at ?? this.#settings.now()
    const keys = this.#carryOut(parsed, at)
    this.advance()
    return { action: parsed.command.action, keys, at }
  }

  /** What happens by itself as the nth change. */
  usualCommand(number: number): RecordCommand<Own> {
    const { usualShares } = this.#settings.behaviour()
    const actions = this.#definition.usual.shares.flatMap(([action, share]) =>
      Array.from({ length: usualShares[action] ?? share }, () => action),
    )
    return { action: pick(actions, hash32(this.#settings.seed, number)) }
  }

  #carryOut({ own, command }: ParsedCommand<OwnChange<R, Own>>, at: number): string[] {
    const context: ChangeContext = {
      prng: this.#prng,
      dataShare: this.#settings.dataShare,
      stamp: wholeSeconds(at),
      field: this.#field,
      behaviour: this.#settings.behaviour(),
      defer: (ms, mutate) => this.#defer(ms, mutate),
    }
    if (own !== undefined) return this.#change(ownChange(own, command, context), command, at)
    if (command.action === 'new') {
      return Array.from({ length: command.count ?? 1 }, () => this.#enter(this.#prng.next32(), at))
    }
    return this.#change(commonChange(command, context, this.#definition.stamp), command, at)
  }

  #change(change: RecordChange<R>, selection: Selection, at: number): string[] {
    return this.#chosen(change, selection).flatMap((record) => {
      if (change.deletes) record.exists = false
      this.#schedule(record, at, change.mutation(record))
      return change.comesAgain ? [record.key, this.#enter(record.seed, at)] : [record.key]
    })
  }

  #chosen(change: RecordChange<R>, selection: Selection): R[] {
    if (selection.keys !== undefined) return selection.keys.map((key) => this.#named(key))
    const wanted = selection.count ?? (change.isOfAll ? this.#records.size : 1)
    const chosen: R[] = []
    for (const record of this.#records.inChosenOrder(this.#prng)) {
      if (chosen.length >= wanted) break
      if ((selection.mlsId ?? record.mlsId) === record.mlsId && change.applies(record)) chosen.push(record)
    }
    return chosen
  }

  /** A record that becomes visible only after the cache lag. */
  #enter(seed: number, at: number): string {
    const record = this.#add({ seed, createdAt: at, until: at, isNew: true })
    record.visible = false
    record.shown = false
    this.#schedule(record, at, () => {
      record.visible = true
      record.shown = true
    })
    return record.key
  }

  #add(origin: Pick<RecordOrigin, 'seed' | 'createdAt' | 'until' | 'isNew'>): R {
    const { now } = this.#settings
    const record = this.#definition.generate({
      ...origin,
      key: this.#ids.next(origin.createdAt),
      number: this.#records.size + 1,
      mlsIds: this.#mlsIds,
      mlsId: pick(this.#mlsIds, hash32(origin.seed, MLS_SALT)),
      now: now(),
    })
    this.#records.add(record)
    return record
  }

  #schedule(record: R, at: number, mutate: () => void): void {
    const { seed, cacheLagMs } = this.#settings
    this.#changeNumber += 1
    const lag = hash32(seed, this.#changeNumber) % (cacheLagMs + 1)
    // The changes of one record become visible in their order.
    record.settledAt = Math.max(at + lag, record.settledAt)
    this.#pending.add({ visibleAt: record.settledAt, apply: mutate })
  }

  #defer(ms: number, mutate: () => void): void {
    if (ms === 0) mutate()
    else this.#pending.add({ visibleAt: this.#settings.now() + ms, apply: mutate })
  }

  /** Takes out of view what is over. Answers how many that were. */
  #end(now: number): number {
    const { endsAt } = this.#definition
    if (endsAt === null) return 0
    const over = this.#records.all.filter(
      (record) => (record.exists || record.visible) && endsAt(record) <= now,
    )
    for (const record of over) {
      record.exists = false
      record.visible = false
      this.#over.add(record)
    }
    return over.length
  }

  #named(key: string): R {
    const record = this.#records.find(key)
    if (record !== undefined) return record
    throw new ListingstreamError(
      `There is no record ${key} in ${this.#definition.name}. Ask for what the simulator's truth shows.`,
      { code: 'SIMULATOR_UNKNOWN_KEY', retryable: false, disposition: 'stop' },
    )
  }
}
