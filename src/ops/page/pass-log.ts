import { formatInstant, type Instant } from '../../domain/instant.ts'
import {
  NO_DELETES,
  NO_OUTCOMES,
  trackOf,
  type DeleteCounts,
  type OutcomeCounts,
  type PassEvent,
  type PassId,
  type PassKind,
  type PassProgress,
  type PassState,
  type PassTrack,
} from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'

/** A pass as the page shows it; or several of a track in a row that found nothing to publish. */
export interface PassEntry {
  /** Rises with each one that begins. */
  readonly id: number
  readonly resource: ResourceName
  readonly pass: PassKind
  readonly passId: PassId
  /** `parked`: it stands still for an error, and is tried again. */
  readonly state: PassState | 'parked'
  /** By the clock of the process that ran it. */
  readonly startedAt: string
  /** Null while it runs. */
  readonly endedAt: string | null
  readonly walked: number
  readonly counts: OutcomeCounts
  readonly deletes: DeleteCounts
  /** Why it was held, or failed, or stands still. */
  readonly detail: string | null
  /** How many passes it stands for. */
  readonly times: number
}

/** A marker of the topic `control`, as far as the log keeps it. */
export interface PastPass extends Pick<
  PassEntry,
  'resource' | 'pass' | 'passId' | 'walked' | 'counts' | 'deletes'
> {
  readonly event: PassEvent
  readonly at: Instant
  readonly detail: string | null
}

interface Kept {
  entry: PassEntry
  revision: number
}

/** An update comes every five minutes or more often, and hardly ever finds nothing for long. */
const MOST_ENTRIES = 400
const DAY_MS = 24 * 60 * 60_000

/** The passes of a feed in the last day, newest last, in memory that does not grow. */
export class PassLog {
  #kept: Kept[] = []
  readonly #latest = new Map<PassTrack, Kept>()
  #ids = 0
  #revision = 0

  /** Rises with each change of an entry. */
  get revision(): number {
    return this.#revision
  }

  /** Those that changed behind a revision. @default all of the last day */
  entries(now: Instant, behind = 0): readonly PassEntry[] {
    this.#kept = this.#kept.filter(
      ({ entry }) => entry.endedAt === null || Date.parse(entry.endedAt) > now - DAY_MS,
    )
    return this.#kept.filter(({ revision }) => revision > behind).map(({ entry }) => entry)
  }

  get running(): readonly PassEntry[] {
    return this.#kept.map(({ entry }) => entry).filter(({ state }) => state === 'running')
  }

  started(progress: PassProgress, at: Instant): void {
    const running = this.#latest.get(trackOf(progress))
    // It goes on after an outage.
    if (running?.entry.passId === progress.passId && isOpen(running.entry)) {
      this.#change(running, { state: 'running', endedAt: null, detail: null })
    } else this.#begin(progress, at)
  }

  came(progress: PassProgress): void {
    const kept = this.#latest.get(trackOf(progress))
    if (kept === undefined || kept.entry.passId !== progress.passId) return
    const { walked, counts, deletes } = progress
    this.#change(kept, { walked, counts, deletes })
  }

  ended(progress: PassProgress, detail: string | null, at: Instant): void {
    const { walked, counts, deletes, state } = progress
    this.#end(progress, { state, walked, counts, deletes, detail }, at)
  }

  parked(track: PassTrack, why: string, at: Instant): void {
    const kept = this.#latest.get(track)
    if (kept === undefined || !isOpen(kept.entry)) return
    this.#change(kept, { state: 'parked', detail: why, endedAt: formatInstant(at) })
  }

  /**
   * What the topic says of the time before this log, oldest first.
   *
   * @param until when the log began: what ran before and has not ended stood still then
   */
  recall(markers: readonly PastPass[], until: Instant): void {
    const past = new PassLog()
    for (const marker of markers) past.#take(marker)
    for (const kept of past.#kept) {
      const { entry } = kept
      const goesOn = this.#kept.find(
        (one) => one.entry.passId === entry.passId && one.entry.pass === entry.pass,
      )
      if (goesOn !== undefined) this.#change(goesOn, { startedAt: entry.startedAt })
      else if (entry.endedAt === null) {
        past.#change(kept, { state: 'parked', endedAt: formatInstant(until), detail: 'it was interrupted' })
      }
    }
    const ours = new Set(this.#kept.map(({ entry }) => entry.passId))
    const before = past.#kept.filter(({ entry }) => !ours.has(entry.passId))
    for (const kept of before) {
      // Below those of the log itself.
      this.#change(kept, { id: kept.entry.id - past.#ids })
      const track = trackOf(kept.entry)
      if (!this.#kept.some(({ entry }) => trackOf(entry) === track)) this.#latest.set(track, kept)
    }
    this.#kept = [...before, ...this.#kept].slice(-MOST_ENTRIES)
  }

  #take({ event, at, ...past }: PastPass): void {
    if (event === 'watermark_set') return
    const kept = this.#latest.get(trackOf(past))
    const isKnown = kept?.entry.passId === past.passId && isOpen(kept.entry)
    if (!isKnown) this.#begin(past, at)
    if (event !== 'started') this.#end(past, { ...past, state: event }, at)
  }

  #begin({ resource, pass, passId }: Pick<PassEntry, 'resource' | 'pass' | 'passId'>, at: Instant): void {
    this.#ids += 1
    const none = { walked: 0, counts: NO_OUTCOMES, deletes: NO_DELETES, detail: null, times: 1 }
    const startedAt = formatInstant(at)
    const entry: PassEntry = {
      ...none,
      id: this.#ids,
      resource,
      pass,
      passId,
      state: 'running',
      startedAt,
      endedAt: null,
    }
    const kept: Kept = { entry, revision: 0 }
    this.#change(kept, {})
    this.#kept.push(kept)
    if (this.#kept.length > MOST_ENTRIES) this.#kept.shift()
    this.#latest.set(trackOf(entry), kept)
  }

  #end(
    pass: Pick<PassEntry, 'resource' | 'pass' | 'passId'>,
    outcome: Pick<PassEntry, 'state' | 'walked' | 'counts' | 'deletes' | 'detail'>,
    at: Instant,
  ): void {
    const track = trackOf(pass)
    const kept = this.#latest.get(track)
    if (kept === undefined || kept.entry.passId !== pass.passId) return
    const { state, walked, counts, deletes, detail } = outcome
    this.#change(kept, { state, walked, counts, deletes, detail, endedAt: formatInstant(at) })
    this.#merge(kept)
  }

  /** Into the one before, if neither of the two found anything: a quiet day is a few lines. */
  #merge(kept: Kept): void {
    if (!isQuiet(kept.entry)) return
    const before = this.#kept.findLast((one) => one !== kept && trackOf(one.entry) === trackOf(kept.entry))
    if (before === undefined || !isQuiet(before.entry)) return
    const { startedAt, times } = before.entry
    this.#change(kept, { startedAt, times: times + kept.entry.times })
    this.#kept = this.#kept.filter((one) => one !== before)
  }

  #change(kept: Kept, changes: Partial<PassEntry>): void {
    this.#revision += 1
    kept.entry = { ...kept.entry, ...changes }
    kept.revision = this.#revision
  }
}

function isOpen({ state }: PassEntry): boolean {
  return state === 'running' || state === 'parked'
}

function isQuiet({ state, counts, deletes, pass }: PassEntry): boolean {
  return (
    pass === 'update' &&
    state === 'completed' &&
    counts.published + counts.dead_lettered + deletes.emitted === 0
  )
}
