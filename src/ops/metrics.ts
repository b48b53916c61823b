import { Gauge, Registry } from 'prom-client'

import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { Pause } from '../domain/pause.ts'
import { isCompletion } from '../domain/completion.ts'
import { trackOf, type PassId, type PassKind, type PassProgress, type PassTrack } from '../domain/pass.ts'
import type { BudgetReport } from '../domain/request-budget.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { OverlapReview } from '../replication/late-arrivals.ts'
import type { SweepDoubt, SweepVerdict } from '../domain/sweep-doubt.ts'
import type { Parking } from '../replication/persist.ts'
import type { CommittedPart, Observer } from '../replication/ports.ts'
import type { ListingstreamError } from '../support/errors.ts'
import { addBudgetGauges } from './budget-gauges.ts'
import { createInstruments, type Instruments } from './instruments.ts'
import { addLagGauges, type LagFigures } from './lag-gauges.ts'
import { addPauseGauge } from './pause-gauge.ts'
import { addReadiness } from './readiness-gauges.ts'
import { RequestTally } from './request-tally.ts'

export interface MetricsOptions {
  /** For the age of watermarks, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** For durations, in milliseconds from any origin. @default performance.now */
  readonly monotonic?: () => number
  /** `TOPIC_PREFIX`, for the label `feed` of every metric. @default no such label */
  readonly feed?: string
  /** Labels of `listingstream_build_info`. @default unknown */
  readonly build?: { readonly version: string; readonly prefix: string }
  /** For `listingstream_ready`. @default never */
  readonly ready?: () => boolean
}

export interface MetadataCheck {
  readonly path: string
  readonly status: number | null
  readonly code: string
  readonly bytes: number
}

/** How many rows were transcoded, and how many were not, by the reason. */
interface RowTally {
  readonly transcoded: number
  readonly declined: ReadonlyMap<string, number>
}

const OTHER_FIELD = 'other'
const SECOND = 1000

/**
 * The metrics of docs/operations.md, "Metrics", in a registry of their own. `topic` is a topic's name without its prefix.
 * Counters begin at 0 with the process.
 */
export class Metrics implements Observer, Parking {
  readonly #registry = new Registry()
  readonly #now: () => number
  readonly #monotonic: () => number
  readonly #begun = new Map<string, { passId: PassId; at: number }>()
  readonly #instruments: Instruments
  readonly #watermarks = new Map<ResourceName, Instant>()
  readonly #held = new Map<ResourceName, number>()
  readonly #heldRecords = new Map<PassTrack, number>()
  #pauses: readonly Pause[] = []
  readonly #parkedCodes = new Map<string, string>()
  readonly #successes = new Map<PassTrack, Instant>()
  readonly #tally: RequestTally
  /** Tracks whose last pass is counted as failed: that they are parked for it is no second failure. */
  readonly #counted = new Set<string>()
  readonly #fields = new Map<ResourceName, ReadonlySet<string>>()
  readonly #owedSets = new Map<ResourceName, number>()
  readonly #refusedSets = new Map<ResourceName, Set<string | null>>()

  constructor(options: MetricsOptions = {}) {
    const { now = Date.now, monotonic = () => performance.now(), feed } = options
    this.#now = now
    this.#monotonic = monotonic
    this.#tally = new RequestTally(now)
    this.#instruments = createInstruments(this.#registry)
    const registers = [this.#registry]
    this.#addGauges(registers)
    addReadiness(registers, options)
    if (feed !== undefined) this.#registry.setDefaultLabels({ feed })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  pageCommitted(progress: PassProgress, parts: readonly CommittedPart[]): void {
    this.#noteOwed(progress)
    for (const { resource, counts, changes } of parts) {
      for (const [outcome, count] of Object.entries(counts)) {
        this.#instruments.records.inc({ resource: resource.name, outcome }, count)
      }
      const upserts = changes.filter(({ kind }) => kind === 'upsert').length
      this.events(resource.name, resource.events.upserted, upserts)
      this.events(resource.name, resource.events.deleted, changes.length - upserts)
      for (const change of changes) {
        if (change.kind !== 'upsert') continue
        for (const field of change.content.unmapped ?? []) this.#countUnmapped(resource.name, field)
      }
    }
  }

  /** Rows of one page; `declined`: by the reason. */
  rowsRead(resource: ResourceName, { transcoded, declined }: RowTally): void {
    this.#instruments.transcoder.inc({ resource, result: 'transcoded' }, transcoded)
    for (const [reason, rows] of declined)
      this.#instruments.transcoder.inc({ resource, result: reason }, rows)
  }

  #noteOwed({ resource, pass, owedSeconds }: PassProgress): void {
    if (pass === 'update') this.#instruments.owedSeconds.set({ resource }, owedSeconds.length)
  }

  #countUnmapped(resource: ResourceName, field: string): void {
    const isKnown = this.#fields.get(resource)?.has(field) === true
    this.#instruments.unmapped.inc({ resource, field: isKnown ? field : OTHER_FIELD })
  }

  /** Names of the fields that a resource is known to have: only these become labels (R14). */
  describedFields(resource: ResourceName, names: readonly string[]): void {
    this.#fields.set(resource, new Set(names))
  }

  schemaRefused(resource: ResourceName, error: ListingstreamError | null): void {
    this.#instruments.schemaRefused.set({ resource }, error === null ? 0 : 1)
  }

  setsOwed(resource: ResourceName, owed: number): void {
    this.#owedSets.set(resource, owed)
    this.#instruments.setsOwed.set({ resource }, owed)
  }

  /** As of the begin or the end of each one's last pass. */
  get owedSets(): ReadonlyMap<ResourceName, number> {
    return this.#owedSets
  }

  setsRefused(resource: ResourceName, mlsId: string | null, error: ListingstreamError | null): void {
    const refused = this.#refusedSets.get(resource) ?? new Set()
    this.#refusedSets.set(resource, refused)
    if (error === null) refused.delete(mlsId)
    else refused.add(mlsId)
    this.#instruments.setsRefused.set({ resource }, refused.size)
  }

  /** Of a service that takes conditional requests. `code` is `OK`, or that of the error. */
  metadataCheck({ path, status, code, bytes }: MetadataCheck): void {
    const result = code !== 'OK' ? 'failed' : status === 304 ? 'unchanged' : 'fetched'
    this.#instruments.metadataChecks.inc({ path, result })
    this.#instruments.metadataBytes.inc({ path }, bytes)
  }

  passStarted(progress: PassProgress): void {
    const track = trackOf(progress)
    this.#counted.delete(track)
    // A pass that comes back after an outage has not begun anew.
    if (this.#begun.get(track)?.passId === progress.passId) return
    this.#begun.set(track, { passId: progress.passId, at: this.#monotonic() })
  }

  passEnded(progress: PassProgress): void {
    const { resource, pass, state, missed } = progress
    this.#noteOwed(progress)
    for (const [reason, count] of Object.entries(missed)) {
      this.#instruments.missed.inc({ resource, reason }, count)
    }
    this.#instruments.passes.inc({ resource, pass, state })
    if (state === 'failed') this.#counted.add(trackOf(progress))
    else this.#unpark(progress)
    if (isCompletion(progress)) this.succeeded(trackOf(progress), instant(this.#now()))
    const begun = this.#begun.get(trackOf(progress))
    if (begun?.passId === progress.passId) {
      this.#instruments.passDuration.observe({ resource, pass }, (this.#monotonic() - begun.at) / SECOND)
      this.#begun.delete(trackOf(progress))
    }
    // A sweep that failed says nothing of an earlier hold.
    if (state !== 'failed') this.#noteHeld(progress)
  }

  sweepJudged({ resource }: PassProgress, verdict: SweepVerdict, doubt: SweepDoubt | null): void {
    this.#instruments.sweeps.inc({ resource, verdict, reason: doubt ?? 'none' })
  }

  /** A try that is given up is a failure, too: its pass has not ended, and goes on later. */
  parked({ name: resource }: ResourceDescription, pass: PassKind, { code }: ListingstreamError): void {
    const track = trackOf({ resource, pass })
    if (!this.#counted.delete(track)) this.#instruments.passes.inc({ resource, pass, state: 'failed' })
    const before = this.#parkedCodes.get(track)
    if (before !== undefined && before !== code)
      this.#instruments.parked.remove({ resource, pass, code: before })
    this.#parkedCodes.set(track, code)
    this.#instruments.parked.set({ resource, pass, code }, 1)
  }

  resumed({ name: resource }: ResourceDescription, pass: PassKind): void {
    this.#unpark({ resource, pass })
  }

  scheduleBegun(): void {
    this.#parkedCodes.clear()
    this.#instruments.parked.reset()
    this.#counted.clear()
    this.#refusedSets.clear()
    this.#instruments.setsRefused.reset()
  }

  #unpark({ resource, pass }: Pick<PassProgress, 'resource' | 'pass'>): void {
    const track = trackOf({ resource, pass })
    const code = this.#parkedCodes.get(track)
    if (code !== undefined) this.#instruments.parked.remove({ resource, pass, code })
    this.#parkedCodes.delete(track)
  }

  /** Also by an earlier process. */
  succeeded(track: PassTrack, at: Instant): void {
    this.#successes.set(track, at)
    const [resource, pass] = track.split('/')
    if (resource !== undefined && pass !== undefined)
      this.#instruments.lastSuccess.set({ resource, pass }, at / SECOND)
  }

  /** When a pass of each kind was last completed. */
  get successes(): ReadonlyMap<PassTrack, Instant> {
    return this.#successes
  }

  /** To the webhook. */
  notification(kind: string, result: 'sent' | 'dropped'): void {
    this.#instruments.notifications.inc({ kind, result })
  }

  requestsOfLastDay(): { readonly count: number; readonly since: Instant } {
    return this.#tally.lastDay()
  }

  watermarkMoved(resource: ResourceName, watermark: Instant): void {
    this.#watermarks.set(resource, watermark)
  }

  pausesChanged(pauses: readonly Pause[]): void {
    this.#pauses = pauses
  }

  /** For events outside the resource's own topic, too. */
  events(topic: string, type: string, count: number): void {
    if (count > 0) this.#instruments.events.inc({ topic, type }, count)
  }

  /** `status` is null if no answer came. */
  apiRequest({
    status,
    purpose,
  }: {
    readonly status: number | null
    readonly purpose: RequestPurpose
  }): void {
    this.#instruments.requests.inc({ code: status ?? 'none', purpose })
    this.#tally.add()
  }

  requestSent(purpose: RequestPurpose, waited: Millis): void {
    this.#instruments.waits.observe({ purpose }, waited / SECOND)
  }

  /** Of the process's key; called once. */
  showBudget(report: () => BudgetReport): void {
    addBudgetGauges(this.#registry, report)
  }

  /** Of the groups that read the feed; called once. */
  showLag(figures: () => LagFigures): void {
    addLagGauges(this.#registry, figures)
  }

  transaction(seconds: number): void {
    this.#instruments.transactions.observe(seconds)
  }

  /** What it read is counted when it is committed. */
  pageWalked(): void {}
  dryRunEnded(): void {}

  changesArrived(resource: ResourceName, delays: readonly Millis[]): void {
    for (const delay of delays) this.#instruments.arrivalDelay.observe({ resource }, delay / SECOND)
  }

  overlapReviewed(resource: ResourceName, { overlap }: OverlapReview): void {
    this.#instruments.overlap.set({ resource }, overlap / SECOND)
  }

  /** The log has it. */
  reconcilePutOff(): void {}

  /** Of use with both clocks beside it; the log has them. */
  clockCompared(): void {}

  /** What an earlier process left held, or owed, is so still. */
  passRecovered(progress: PassProgress): void {
    this.#noteOwed(progress)
    this.#noteHeld(progress)
  }

  #noteHeld(progress: PassProgress): void {
    const { resource, pass, deletes, reread } = progress
    if (pass === 'purge') this.#held.set(resource, deletes.held)
    this.#heldRecords.set(trackOf(progress), reread.held)
  }

  /** Each reads the state at the time of the scrape. */
  #addGauges(registers: Registry[]): void {
    const watermarks = this.#watermarks
    const held = this.#held
    const now = this.#now
    const timestamp = new Gauge({
      name: 'listingstream_watermark_timestamp_seconds',
      help: 'Time up to which all changes of the source are published (R4)',
      labelNames: ['resource'],
      registers,
      collect: () => {
        for (const [resource, watermark] of watermarks) timestamp.set({ resource }, watermark / SECOND)
      },
    })
    const age = new Gauge({
      name: 'listingstream_watermark_age_seconds',
      help: 'Seconds since the watermark, by the local clock',
      labelNames: ['resource'],
      registers,
      collect: () => {
        for (const [resource, watermark] of watermarks) age.set({ resource }, (now() - watermark) / SECOND)
      },
    })
    const deletes = new Gauge({
      name: 'listingstream_deletes_held',
      help: 'Deletes that the guard holds back (R10)',
      labelNames: ['resource'],
      registers,
      collect: () => {
        for (const [resource, count] of held) deletes.set({ resource }, count)
      },
    })
    addPauseGauge(this.#registry, () => this.#pauses, now)
    const heldRecords = this.#heldRecords
    const records = new Gauge({
      name: 'listingstream_records_held',
      help: 'Records that gained masked fields, or changed, and that the guard does not publish (R10)',
      labelNames: ['resource', 'pass'],
      registers,
      collect: () => {
        for (const [track, count] of heldRecords) {
          const [resource = '', pass = ''] = track.split('/')
          records.set({ resource, pass }, count)
        }
      },
    })
  }
}
