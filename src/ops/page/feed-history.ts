import type { Change } from '../../domain/change.ts'
import type { Instant, Millis } from '../../domain/instant.ts'
import { trackOf, type PassKind, type PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { Parking } from '../../replication/persist.ts'
import type { CommittedPart, Observer } from '../../replication/ports.ts'
import type { ListingstreamError } from '../../support/errors.ts'
import { SILENT_OBSERVER } from '../observers.ts'
import { EventRates, type EventKind } from './event-rates.ts'
import { Freshness } from './freshness.ts'
import { minuteOf, type MinuteValues } from './minute-series.ts'
import { PassLog, type PassEntry, type PastPass } from './pass-log.ts'

/** What the page shows of the last day; of a tick, what is new in it. */
export interface HistoryReport {
  readonly passes: readonly PassEntry[]
  /** By resource: the age of its watermark at its oldest, in seconds. */
  readonly freshness: Readonly<Record<ResourceName, MinuteValues>>
  /** Of kinds that came since the process started. */
  readonly events: Readonly<Partial<Record<EventKind, MinuteValues>>>
}

export interface FeedBrief {
  /** Age of the oldest watermark; null while there is none. */
  readonly behindSeconds: number | null
  readonly eventsOfHour: number
  /** Passes, in words. */
  readonly running: readonly string[]
}

/** A record with values that fit no field. */
export interface OddRecord {
  readonly resource: ResourceName
  readonly key: RecordKey
  readonly fields: readonly string[]
  readonly at: Instant
}

/** Where a reader of the history has come to. */
export interface HistoryCursor {
  readonly revision: number
  readonly minute: number
}

/** A marker, with what it says of the watermark. */
export interface RecalledMarker extends PastPass {
  /** By the source's clock. */
  readonly startedAt: Instant
}

const MOST_ODD = 25
const DAY_MS: Millis = 24 * 60 * 60_000
const THE_DAY: HistoryCursor = { revision: 0, minute: 0 }

/** What happened to a feed in the last day, for the operator's page: in memory that does not grow, no disk. */
export class FeedHistory {
  readonly #now: () => Instant
  readonly #begun: Instant
  readonly #log = new PassLog()
  readonly #freshness = new Map<ResourceName, Freshness>()
  readonly #events: EventRates
  #odd: readonly OddRecord[] = []
  #recalled = false

  constructor(now: () => Instant) {
    this.#now = now
    this.#begun = now()
    this.#events = new EventRates(this.#begun)
  }

  /** What changed behind the cursor, and the one to ask with next. @default all of the last day */
  report({ revision, minute }: HistoryCursor = THE_DAY): {
    readonly report: HistoryReport
    readonly next: HistoryCursor
  } {
    const now = this.#now()
    const freshness = [...this.#freshness].map(([name, one]) => [name, one.between(minute, now)] as const)
    const report = {
      passes: this.#log.entries(now, revision),
      freshness: Object.fromEntries(freshness),
      events: this.#events.between(minute, now),
    }
    return { report, next: { revision: this.#log.revision, minute: minuteOf(now) } }
  }

  /** The last records with values that fit no field, newest first. */
  get oddRecords(): readonly OddRecord[] {
    return this.#odd
  }

  /** In a few figures. */
  brief(): FeedBrief {
    const now = this.#now()
    const minute = minuteOf(now)
    const ages = [...this.#freshness.values()].flatMap((one) => one.age(now) ?? [])
    const events = Object.values(this.#events.between(minute - 59, now))
    const sum = events.flatMap(({ values }) => values).reduce<number>((total, one) => total + (one ?? 0), 0)
    return {
      behindSeconds: ages.length === 0 ? null : Math.max(...ages),
      eventsOfHour: sum,
      running: this.#log.running.map(({ resource, pass }) => `${pass} of ${resource}`),
    }
  }

  get isRecalled(): boolean {
    return this.#recalled
  }

  /**
   * What the topic `control` says of the time before, oldest first. Once: a feed that is opened again has its history.
   * Watermarks that the checkpoints know have been told.
   */
  recall(markers: readonly RecalledMarker[]): void {
    if (this.#recalled) return
    this.#recalled = true
    const recent = markers.filter(({ at }) => at > this.#now() - DAY_MS && at < this.#begun)
    this.#log.recall(recent, this.#begun)
    const earlier = new Map<ResourceName, Freshness>()
    for (const { event, pass, resource, startedAt, at } of recent) {
      // Sets have updates, too, and no watermark.
      if (pass !== 'update' || event !== 'completed' || !this.#freshness.has(resource)) continue
      const one = earlier.get(resource) ?? new Freshness()
      earlier.set(resource, one)
      one.moved(startedAt, at)
    }
    for (const [resource, one] of earlier) this.#freshnessOf(resource).precededBy(one, this.#begun)
  }

  readonly observer: Observer = {
    ...SILENT_OBSERVER,
    passStarted: (progress) => this.#log.started(progress, this.#now()),
    pageCommitted: (progress, parts) => this.#committed(progress, parts),
    // Of a walk of keys there is not always a checkpoint; a dry run is no pass of the log.
    pageWalked: (progress) => this.#log.came(progress),
    passEnded: (progress, detail) => this.#log.ended(progress, detail, this.#now()),
    watermarkMoved: (resource, watermark) => this.#freshnessOf(resource).moved(watermark, this.#now()),
  }

  readonly parking: Parking = {
    parked: (
      { name: resource }: ResourceDescription,
      pass: PassKind,
      error: ListingstreamError,
      _inMs: Millis,
    ) => this.#log.parked(trackOf({ resource, pass }), `${error.message} [${error.code}]`, this.#now()),
    resumed: () => undefined,
    scheduleBegun: () => undefined,
  }

  #committed(progress: PassProgress, parts: readonly CommittedPart[]): void {
    const now = this.#now()
    this.#log.came(progress)
    for (const { resource, changes } of parts) {
      this.#events.count(changes, now)
      const odd = oddAmong(changes).map(({ key, fields }) => ({
        resource: resource.name,
        key,
        fields,
        at: now,
      }))
      if (odd.length > 0) this.#odd = [...odd, ...this.#odd].slice(0, MOST_ODD)
    }
  }

  #freshnessOf(resource: ResourceName): Freshness {
    const known = this.#freshness.get(resource) ?? new Freshness()
    this.#freshness.set(resource, known)
    return known
  }
}

/** The last ones, newest first. */
function oddAmong(changes: readonly Change[]): readonly Pick<OddRecord, 'key' | 'fields'>[] {
  const odd: Pick<OddRecord, 'key' | 'fields'>[] = []
  for (let at = changes.length - 1; at >= 0 && odd.length < MOST_ODD; at -= 1) {
    const change = changes[at]
    const fields = change?.kind === 'upsert' ? (change.content.unmapped ?? []) : []
    if (change !== undefined && fields.length > 0) odd.push({ key: change.key, fields })
  }
  return odd
}
