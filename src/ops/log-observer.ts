import { formatInstant, formatSeconds, type Instant, type Millis } from '../domain/instant.ts'
import { trackOf, type PassKind, type PassProgress, type PassTrack } from '../domain/pass.ts'
import type { Pause } from '../domain/pause.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import type { OverlapReview } from '../replication/late-arrivals.ts'
import type { SweepDoubt, SweepVerdict } from '../domain/sweep-doubt.ts'
import type { Parking } from '../replication/persist.ts'
import type { CommittedPart, Observer } from '../replication/ports.ts'
import type { ListingstreamError } from '../support/errors.ts'
import type { Logger } from './logger.ts'
import { WalkTotals } from './walk-totals.ts'

const PROGRESS_INTERVAL_MS = 5_000
const CLOCK_STEP_MINUTES = 5
/** Of one pass: names come from the source, and are without end where it is broken (R14). */
const MOST_UNMAPPED_TOLD = 500

export interface LogObserverOptions {
  /** Says how far a walk is. @default what this observer itself has seen */
  readonly totals?: WalkTotals
  /** A line on the terminal shows the progress, so that the log need not. @default false */
  readonly moves?: boolean
}

/**
 * Tells of passes in the log: their start, their progress at most every 5 s, what does not fit, their end, and standstills
 * once each.
 */
export class LogObserver implements Observer, Parking {
  readonly #logger: Logger
  readonly #monotonic: () => number
  readonly #told = new Map<string, number>()
  readonly #parked = new Map<PassTrack, string>()
  readonly #current = new Map<PassTrack, string>()
  /** Fields told of, with their resource, by pass. */
  readonly #unmapped = new Map<string, Set<string>>()
  readonly #refused = new Set<ResourceName>()
  #isPaused = false
  readonly #owed = new Map<ResourceName, readonly Instant[]>()
  readonly #overlaps = new Map<ResourceName, Millis>()
  /** Minutes by which the source's clock was last said to differ. */
  readonly #clocks = new Map<ResourceName, number>()

  readonly #totals: WalkTotals
  readonly #progressLevel: 'info' | 'debug'

  /** @param monotonic milliseconds from any origin */
  constructor(
    logger: Logger,
    monotonic: () => number = () => performance.now(),
    { totals = new WalkTotals(monotonic), moves = false }: LogObserverOptions = {},
  ) {
    this.#logger = logger
    this.#monotonic = monotonic
    this.#totals = totals
    this.#progressLevel = moves ? 'debug' : 'info'
  }

  passStarted(progress: PassProgress, resumed: boolean): void {
    this.#forgetBefore(progress)
    this.#told.set(progress.passId, this.#monotonic())
    this.#totals.begin(progress)
    const { page, walked, filter, compare } = progress
    const startedAt = formatInstant(progress.startedAt)
    this.#logger.info(
      {
        event: 'pass-started',
        ...named(progress),
        startedAt,
        filter,
        ...unusual(compare),
        ...(resumed ? { page, walked } : {}),
      },
      resumed ? 'pass resumed' : 'pass started',
    )
  }

  /** One that failed, and a dry run, have no end that is told: the next of its kind is it. */
  #forgetBefore(progress: PassProgress): void {
    const track = trackOf(progress)
    const before = this.#current.get(track)
    this.#current.set(track, progress.passId)
    if (before === undefined || before === progress.passId) return
    this.#told.delete(before)
    this.#unmapped.delete(before)
  }

  pageCommitted(progress: PassProgress, parts: readonly CommittedPart[]): void {
    for (const part of parts) this.#tellUnmapped(progress, part)
    this.#tellOwed(progress)
    this.pageWalked(progress)
  }

  pageWalked(progress: PassProgress): void {
    this.#totals.advance(progress)
    const now = this.#monotonic()
    if (now - (this.#told.get(progress.passId) ?? -Infinity) < PROGRESS_INTERVAL_MS) return
    this.#told.set(progress.passId, now)
    const { page, walked, counts } = progress
    const outlook = this.#totals.outlook(progress)
    this.#logger[this.#progressLevel](
      { event: 'pass-goes-on', ...named(progress), page, walked, ...outlook, counts },
      'pass goes on',
    )
  }

  passEnded(progress: PassProgress, detail: string | null): void {
    this.#told.delete(progress.passId)
    this.#totals.end(progress)
    this.#tellOwed(progress)
    this.#unmapped.delete(progress.passId)
    const { state, page, walked, counts, deletes, compare, missed } = progress
    const fields = {
      event: 'pass-ended',
      ...named(progress),
      pages: page,
      walked,
      counts,
      ...(progress.pass === 'purge' ? { ...unusual(compare), deletes } : {}),
      ...(Object.keys(missed).length === 0 ? {} : { missed }),
      ...(progress.resumed ? { resumed: true } : {}),
      ...(detail === null ? {} : { detail }),
    }
    if (state === 'completed') this.#logger.info(fields, 'pass completed')
    else this.#logger.warn(fields, `pass ${state}`)
    if (state !== 'failed') this.#tellResumed(progress)
  }

  /** Other verdicts are told by the end of the pass. */
  sweepJudged(progress: PassProgress, _verdict: SweepVerdict, doubt: SweepDoubt | null): void {
    if (doubt === null) return
    const goesOn = progress.state === 'running'
    this.#logger.warn(
      { event: 'sweep-inconclusive', ...named(progress), reason: doubt, goesOn },
      goesOn
        ? 'the source gave no answer: nothing is concluded, and the sweep goes on where it stands'
        : 'the sweep is not believed: nothing is deleted, and the next one begins anew',
    )
  }

  dryRunEnded(progress: PassProgress, deletes: number, heldBecause: string | null): void {
    this.#told.delete(progress.passId)
    this.#totals.end(progress)
    const { page: pages, walked } = progress
    this.#logger.info(
      { event: 'dry-run-ended', ...named(progress), pages, walked, deletes, heldBecause },
      'dry run ended; nothing was changed',
    )
  }

  /** The checkpoints tell of it. */
  passRecovered({ resource, pass, owedSeconds, overlap }: PassProgress): void {
    if (pass === 'update') this.#owed.set(resource, owedSeconds)
    if (overlap !== null) this.#overlaps.set(resource, overlap)
  }

  /** Each second once, and once more when it is read. */
  #tellOwed(progress: PassProgress): void {
    const { resource, pass, owedSeconds } = progress
    if (pass !== 'update') return
    const told = this.#owed.get(resource) ?? []
    this.#owed.set(resource, owedSeconds)
    for (const second of owedSeconds.filter((one) => !told.includes(one))) {
      const fields = { event: 'second-owed', ...named(progress), second: formatSeconds(second) }
      this.#logger.warn(
        fields,
        'the API cannot show what was changed in this second: all else goes on, and it is asked for again by each update',
      )
    }
    for (const second of told.filter((one) => !owedSeconds.includes(one))) {
      const fields = { event: 'second-read', ...named(progress), second: formatSeconds(second) }
      this.#logger.info(fields, 'what was changed in this second is read now')
    }
  }

  watermarkMoved(resource: ResourceName, watermark: Instant): void {
    this.#logger.debug({ resource, watermark: formatInstant(watermark) }, 'watermark moved')
  }

  /** Also when the feed is opened with some. */
  pausesChanged(pauses: readonly Pause[]): void {
    const was = this.#isPaused
    this.#isPaused = pauses.length > 0
    const told = pauses.map(({ resource, since, until }) => ({
      resource,
      since: formatInstant(since),
      until: until === null ? null : formatInstant(until),
    }))
    if (this.#isPaused) this.#logger.info({ event: 'paused', pauses: told }, 'passes by schedule are paused')
    else if (was) this.#logger.info({ event: 'resumed' }, 'passes by schedule go on')
  }

  /** In the metrics. */
  changesArrived(): void {}

  /** When it changes. */
  overlapReviewed(resource: ResourceName, { overlap, setting, lateness }: OverlapReview): void {
    const before = this.#overlaps.get(resource) ?? setting
    this.#overlaps.set(resource, overlap)
    if (overlap === before) return
    const fields = {
      event: 'overlap-changed',
      resource,
      overlapMs: overlap,
      settingMs: setting,
      latenessMs: lateness,
    }
    if (overlap > before) {
      this.#logger.warn(
        fields,
        'changes show up at the API so late after their stamps that updates nearly miss them: the next ones look back further (UPDATE_OVERLAP_MAX at most)',
      )
    } else this.#logger.info(fields, 'changes show up in time again: updates look back less far')
  }

  reconcilePutOff(resource: ResourceName, err: ListingstreamError): void {
    this.#logger.warn(
      { event: 'reconcile-put-off', resource, err },
      'the API cannot show every record whole: this purge compares keys and stamps, and the next one tries the content again. Tell the API support if it goes on',
    )
  }

  /** Again only when it has changed by minutes: a wrong clock is found by every pass. */
  clockCompared(resource: ResourceName, ahead: Millis): void {
    const minutes = Math.trunc(ahead / 60_000)
    const told = this.#clocks.get(resource) ?? 0
    if (Math.abs(minutes - told) < CLOCK_STEP_MINUTES && (minutes === 0) === (told === 0)) return
    this.#clocks.set(resource, minutes)
    const fields = { resource, aheadMs: ahead }
    if (minutes === 0) this.#logger.info(fields, 'the clocks of the API and of this host agree again')
    else {
      const what =
        ahead > 0
          ? "this host's clock is behind the API's, or the API's is wrong: watermarks are held back to this host's"
          : "this host's clock is ahead of the API's, or the API's is wrong: watermarks follow the API's"
      this.#logger.warn(fields, `${what}. Nothing is lost up to an hour; correct the clock that is wrong`)
    }
  }

  schemaRefused(resource: ResourceName, err: ListingstreamError | null): void {
    if (err === null) {
      if (this.#refused.delete(resource)) this.#logger.info({ resource }, 'the registry takes the schema now')
    } else if (!this.#refused.has(resource)) {
      this.#refused.add(resource)
      this.#logger.error(
        { resource, err },
        'the registry refuses the new schema: the one before stays in use, new values go to unmappedFields',
      )
    }
  }

  setsOwed(resource: ResourceName, owed: number, walked: number): void {
    this.#totals.learn(resource, walked + owed)
    this.#logger.debug({ resource, owed }, 'sets are owed')
  }

  setsRefused(resource: ResourceName, mlsId: string | null, err: ListingstreamError | null): void {
    const fields = { resource, mlsId }
    if (err === null) this.#logger.info(fields, 'the API gives these sets to the key again')
    else this.#logger.warn({ ...fields, err }, 'the API refuses these sets to the key; asked again in a day')
  }

  /** Each field once a pass, with one record as an example. */
  #tellUnmapped(progress: PassProgress, { resource, changes }: CommittedPart): void {
    for (const change of changes) {
      const names = change.kind === 'upsert' ? (change.content.unmapped ?? []) : []
      for (const field of names) {
        const told = this.#unmapped.get(progress.passId) ?? new Set()
        const name = `${resource.name}/${field}`
        if (told.has(name) || told.size >= MOST_UNMAPPED_TOLD) continue
        this.#unmapped.set(progress.passId, told.add(name))
        const fields = { ...named(progress), resource: resource.name, field, key: change.key }
        this.#logger.info(fields, 'a value has no field that it fits; it is kept in unmappedFields')
      }
    }
  }

  /** Later attempts that fail in the same way are told at level debug. */
  parked(resource: ResourceDescription, pass: PassKind, err: ListingstreamError, retryInMs: Millis): void {
    const track = trackOf({ resource: resource.name, pass })
    const known = this.#parked.get(track) === err.code
    this.#parked.set(track, err.code)
    const fields = { resource: resource.name, pass, retryInMs, err }
    if (known) this.#logger.debug(fields, 'still parked')
    else this.#logger.error(fields, 'parked: it stands still until this is over')
  }

  resumed({ name: resource }: ResourceDescription, pass: PassKind): void {
    this.#tellResumed({ resource, pass })
  }

  scheduleBegun(): void {
    this.#parked.clear()
  }

  #tellResumed({ resource, pass }: Pick<PassProgress, 'resource' | 'pass'>): void {
    if (this.#parked.delete(trackOf({ resource, pass })))
      this.#logger.info({ resource, pass }, 'goes on again')
  }
}

function named({ resource, pass, passId }: PassProgress) {
  return { resource, pass, passId }
}

/** How a purge compares, unless that is as ever. */
function unusual(compare: PassProgress['compare']): Partial<Pick<PassProgress, 'compare'>> {
  return compare === null || compare === 'versions' ? {} : { compare }
}
