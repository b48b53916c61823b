import { formatSeconds, instant, type Instant, type Millis } from '../domain/instant.ts'
import { stands, type Pause } from '../domain/pause.ts'
import { isCompletion } from '../domain/completion.ts'
import { PASS_KINDS, trackOf, type PassId, type PassKind, type PassProgress } from '../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { OverlapReview } from '../replication/late-arrivals.ts'
import type { Parking } from '../replication/persist.ts'
import type { CommittedPart, Observer } from '../replication/ports.ts'
import type { ListingstreamError } from '../support/errors.ts'
import type { Outages, Service } from './outages.ts'
import { tellPause, type ToldPause } from './told-pause.ts'

/** Why the program is not ready. */
export interface NotReadyReason {
  readonly code: string
  readonly message: string
  /** The track that stands still; null where it is the whole program. */
  readonly resource: ResourceName | null
  readonly pass: PassKind | null
  /** What does not answer; null if it is something else. */
  readonly service: Service | null
  readonly since: Instant
  /** When it is tried again; null if that is not known. */
  readonly retryAt: Instant | null
}

export interface CompletedPass {
  readonly resource: ResourceName
  readonly pass: PassKind
  readonly passId: PassId
  readonly at: Instant
}

/** The last error that kept something from its work. */
export interface LastError extends Omit<NotReadyReason, 'since' | 'service' | 'retryAt'> {
  /** When it was last met; since when, while it lasts. */
  readonly at: Instant
  readonly lasts: boolean
}

export interface HeldWork {
  readonly resource: ResourceName
  readonly detail: string
  /** Whose verdict it is. */
  readonly pass: PassKind
  readonly kind: 'deletes' | 'records'
}

export interface HealthReport {
  readonly ready: boolean
  readonly reasons: readonly NotReadyReason[]
  /** What the guard holds (R10): it works, but an operator should look. */
  readonly held: readonly HeldWork[]
  /** By an operator's wish: it is ready, and does not do what it would by schedule. */
  readonly paused: readonly ToldPause[]
  /** Changes show up so late that updates nearly miss them, or look back further than they should have to. */
  readonly lateArrivals: readonly {
    readonly resource: ResourceName
    /** How far updates look back now. */
    readonly overlapSeconds: number
    /** 99.9 % of the latest changes came no later behind the watermark; null while they are too few. */
    readonly latenessSeconds: number | null
  }[]
  /** Seconds that the source cannot show: all else is published, but somebody should tell the vendor. By their stamps. */
  readonly owedSeconds: readonly { readonly resource: ResourceName; readonly seconds: readonly string[] }[]
  /** Schemas that the registry refuses: it works with the one before, but an operator should look. */
  readonly refusedSchemas: readonly {
    readonly resource: ResourceName
    readonly code: string
    readonly message: string
  }[]
  /** Sets that the source refuses to the key: they are asked for again after a day. */
  readonly refusedSets: readonly {
    readonly resource: ResourceName
    /** Whose sets; null for records that do not say theirs. */
    readonly mlsId: string | null
    readonly code: string
    readonly message: string
  }[]
  /** The last one of each kind, as far as the checkpoints or this process know it. */
  readonly lastCompleted: readonly CompletedPass[]
}

/** How often a pass is due once its resource has a base; null: it does not come by itself. */
export type Expectations = (resource: ResourceName, pass: PassKind) => Millis | null

export interface HealthOptions {
  /** @default none are known */
  readonly outages?: Pick<Outages, 'lasting'>
  /** @default nothing is expected */
  readonly expected?: Expectations
}

/** The whole program. */
const NO_TRACK = { resource: null, pass: null } as const

/** A pass is overdue if for so many intervals nothing of it was committed and none ended; at least a minute. */
const OVERDUE_INTERVALS = 3
const OVERDUE_AT_LEAST_MS = 60_000

/**
 * Whether the program does its work: from when it has started, while no track of a feed is parked or overdue, and nothing
 * that it needs has failed for 30 s.
 */
export class Health implements Observer, Parking {
  readonly #now: () => Instant
  /** Until the feed is open, and again while it is not. */
  #starting: NotReadyReason | undefined
  /** What it waits for before anything has failed. */
  #begun: NotReadyReason
  readonly #parked = new Map<string, NotReadyReason>()
  readonly #held = new Map<string, HeldWork>()
  readonly #owed = new Map<ResourceName, readonly Instant[]>()
  readonly #late = new Map<ResourceName, OverlapReview>()
  readonly #refused = new Map<ResourceName, ListingstreamError>()
  #pauses: readonly Pause[] = []
  readonly #refusedSets = new Map<string, HealthReport['refusedSets'][number]>()
  readonly #completed = new Map<string, CompletedPass>()
  #last: Omit<LastError, 'lasts'> | undefined
  readonly #outages: Pick<Outages, 'lasting'> | undefined
  readonly #expected: Expectations
  /** When a track last came further, by track; a track that is not in it is not expected to. */
  readonly #moved = new Map<string, { resource: ResourceName; pass: PassKind; at: Instant }>()

  constructor(now: () => Instant, { outages, expected = () => null }: HealthOptions = {}) {
    this.#now = now
    this.#outages = outages
    this.#expected = expected
    this.#begun = beginning(now())
    this.#starting = this.#begun
  }

  /** Not ready until `started`; what stood still while it had the feed before does so no more. */
  begin(): void {
    this.#begun = beginning(this.#now())
    this.#starting = this.#begun
    this.scheduleBegun()
  }

  /**
   * Not ready until `started`, since it waits for the end of the error.
   *
   * @param retryInMs null: it does not try again by itself
   */
  starting({ code, message }: ListingstreamError, retryInMs: Millis | null = null): void {
    const now = this.#now()
    const since = this.#starting?.since ?? now
    const retryAt = retryInMs === null ? null : instant(now + Math.round(retryInMs))
    this.#last = { ...NO_TRACK, code, message, at: now }
    this.#starting = { ...NO_TRACK, code, message, service: null, since, retryAt }
  }

  started(): void {
    this.#starting = undefined
    // What it did not do while it waited is not late.
    this.#expectAnew()
  }

  #expectAnew(): void {
    const at = this.#now()
    for (const [track, moved] of this.#moved) this.#moved.set(track, { ...moved, at })
  }

  parked({ name }: ResourceDescription, pass: PassKind, error: ListingstreamError, retryInMs: Millis): void {
    const now = this.#now()
    this.#last = { code: error.code, message: error.message, resource: name, pass, at: now }
    this.#parked.set(trackOf({ resource: name, pass }), {
      code: error.code,
      message: error.message,
      resource: name,
      pass,
      service: null,
      since: this.#parked.get(trackOf({ resource: name, pass }))?.since ?? now,
      retryAt: instant(now + Math.round(retryInMs)),
    })
  }

  resumed({ name }: ResourceDescription, pass: PassKind): void {
    this.#cameFurther(name, pass)
    this.#parked.delete(trackOf({ resource: name, pass }))
  }

  /** What was refused to the key is asked for again, too. */
  scheduleBegun(): void {
    this.#parked.clear()
    this.#refusedSets.clear()
  }

  passEnded(progress: PassProgress, detail: string | null): void {
    const { resource, pass, passId, state } = progress
    this.#cameFurther(resource, pass)
    this.#noteOwed(progress)
    // Whoever ran it, its track stands still no longer.
    if (state !== 'failed') this.#parked.delete(trackOf(progress))
    if (isCompletion(progress)) {
      this.#completed.set(trackOf({ resource, pass }), { resource, pass, passId, at: this.#now() })
      if (pass === 'snapshot') this.#expect(resource)
    }
    // A pass that failed says nothing of an earlier hold.
    if (state !== 'failed') this.#noteHeld(progress, detail ?? undefined, true)
  }

  /** @param isNews otherwise the words of this process, if it has any, are better */
  #noteHeld(
    { resource, pass, state, deletes, reread }: PassProgress,
    why: string | undefined,
    isNews: boolean,
  ): void {
    const note = (kind: HeldWork['kind'], count: number): void => {
      const key = `${trackOf({ resource, pass })}/${kind}`
      if (count === 0) this.#held.delete(key)
      else if (isNews || !this.#held.has(key)) {
        const detail = why ?? `The guard holds ${count} ${kind} since before this process.`
        this.#held.set(key, { resource, detail, pass, kind })
      }
    }
    // An empty walk is held even where it proves nothing.
    const isEmptyHanded = isNews && state === 'held' && deletes.held + reread.held === 0
    if (pass === 'purge') note('deletes', isEmptyHanded ? 1 : deletes.held)
    note('records', reread.held)
  }

  passRecovered(progress: PassProgress, completedAt: Instant | undefined, heldBecause?: string): void {
    const { resource, pass, passId, state, initial } = progress
    this.#noteOwed(progress)
    if (pass === 'snapshot' && (state === 'completed' || !initial)) this.#expect(resource)
    if (isCompletion(progress) && completedAt !== undefined) {
      this.#completed.set(trackOf({ resource, pass }), { resource, pass, passId, at: completedAt })
    }
    this.#noteHeld(progress, heldBecause, false)
  }

  #noteOwed({ resource, pass, owedSeconds }: PassProgress): void {
    if (pass === 'update') this.#owed.set(resource, owedSeconds)
  }

  pageCommitted(progress: PassProgress, _parts: readonly CommittedPart[]): void {
    const { resource, pass } = progress
    this.#cameFurther(resource, pass)
    this.#noteOwed(progress)
    // A purge waits for the snapshot that is under way, and the other way round.
    if (pass === 'snapshot') this.#cameFurther(resource, 'purge')
    if (pass === 'purge') this.#cameFurther(resource, 'snapshot')
  }

  /** Its pass is told of by its end, or parked. */
  sweepJudged(): void {}

  /** A dry run brings the feed no further. */
  pageWalked(): void {}
  dryRunEnded(): void {}

  passStarted({ resource, pass }: PassProgress, _resumed: boolean): void {
    this.#cameFurther(resource, pass)
  }

  /** The metrics' to tell. */
  changesArrived(): void {}

  overlapReviewed(resource: ResourceName, review: OverlapReview): void {
    if (review.isLate) this.#late.set(resource, review)
    else this.#late.delete(resource)
  }

  /** The log's to tell. */
  reconcilePutOff(): void {}

  /** The pass fails by itself where it is too much (R4). */
  clockCompared(): void {}

  watermarkMoved(resource: ResourceName, _watermark: Instant): void {
    this.#expect(resource)
  }

  pausesChanged(pauses: readonly Pause[]): void {
    // What it did not do while it stood still is not late.
    if (pauses.length < this.#pauses.length) this.#expectAnew()
    this.#pauses = pauses
  }

  /** From its first watermark or its first complete snapshot on, a resource has passes that come by themselves. */
  #expect(resource: ResourceName): void {
    for (const pass of PASS_KINDS) {
      if (!this.#moved.has(trackOf({ resource, pass }))) this.#cameFurther(resource, pass)
    }
  }

  #cameFurther(resource: ResourceName, pass: PassKind): void {
    this.#moved.set(trackOf({ resource, pass }), { resource, pass, at: this.#now() })
  }

  schemaRefused(resource: ResourceName, error: ListingstreamError | null): void {
    if (error === null) this.#refused.delete(resource)
    else this.#refused.set(resource, error)
  }

  /** How many are owed is the metrics' to tell. */
  setsOwed(): void {}

  setsRefused(resource: ResourceName, mlsId: string | null, error: ListingstreamError | null): void {
    const key = `${resource}/${mlsId ?? ''}`
    if (error === null) this.#refusedSets.delete(key)
    else this.#refusedSets.set(key, { resource, mlsId, code: error.code, message: error.message })
  }

  /** Null if there was none since the process started. */
  lastError(): LastError | null {
    const reason = this.report().reasons.find((one) => one !== this.#begun)
    if (reason !== undefined) {
      const { code, message, resource, pass, since } = reason
      return { code, message, resource, pass, at: since, lasts: true }
    }
    return this.#last === undefined ? null : { ...this.#last, lasts: false }
  }

  #lasting(): readonly NotReadyReason[] {
    const outages = this.#outages?.lasting() ?? []
    return outages.map(({ service, since, error, retryAt }) => {
      const { code, message } = error
      return { ...NO_TRACK, code, message, service, since, retryAt }
    })
  }

  #overdue(): readonly NotReadyReason[] {
    const now = this.#now()
    const reasons: NotReadyReason[] = []
    for (const [track, { resource, pass, at }] of this.#moved) {
      const interval = this.#expected(resource, pass)
      if (interval === null || this.#parked.has(track)) continue
      // One that is over by itself lasted until then.
      const pauses = this.#pauses.filter((pause) => pause.resource === null || pause.resource === resource)
      if (pauses.some((pause) => stands(pause, now))) continue
      const silence = now - Math.max(at, ...pauses.map(({ until }) => until ?? at))
      if (silence <= Math.max(OVERDUE_INTERVALS * interval, OVERDUE_AT_LEAST_MS)) continue
      reasons.push({
        code: 'PASS_OVERDUE',
        message: `The ${pass} of ${resource} has come no further for ${spanOf(silence)}, and one is due every ${spanOf(interval)}. Look at the log, and restart the process if nothing there explains it.`,
        resource,
        pass,
        service: null,
        since: at,
        retryAt: null,
      })
    }
    return reasons
  }

  report(): HealthReport {
    const starting = this.#starting === undefined ? [] : [this.#starting]
    const reasons = [
      ...starting,
      ...this.#parked.values(),
      ...this.#lasting(),
      ...(starting.length > 0 ? [] : this.#overdue()),
    ]
    return {
      ready: reasons.length === 0,
      reasons,
      held: [...this.#held.values()],
      paused: this.#pauses.filter((pause) => stands(pause, this.#now())).map(tellPause),
      lateArrivals: [...this.#late].map(([resource, { overlap, lateness }]) => ({
        resource,
        overlapSeconds: Math.round(overlap / 1000),
        latenessSeconds: lateness === null ? null : Math.round(lateness / 1000),
      })),
      owedSeconds: [...this.#owed]
        .filter(([, seconds]) => seconds.length > 0)
        .map(([resource, seconds]) => ({ resource, seconds: seconds.map(formatSeconds) })),
      refusedSchemas: [...this.#refused].map(([resource, { code, message }]) => ({
        resource,
        code,
        message,
      })),
      refusedSets: [...this.#refusedSets.values()],
      lastCompleted: [...this.#completed.values()],
    }
  }
}

function beginning(since: Instant): NotReadyReason {
  return {
    ...NO_TRACK,
    code: 'STARTING',
    message: 'The program starts.',
    service: null,
    since,
    retryAt: null,
  }
}

function spanOf(ms: Millis): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}
