import type { Millis } from '../domain/instant.ts'
import { trackOf, type PassProgress, type PassTrack } from '../domain/pass.ts'
import type { ResourceName } from '../domain/resource.ts'

/** How far a walk is; null where nobody knows. */
export interface Outlook {
  /** Records that it will show, about. */
  readonly total: number | null
  /** Below 100 as long as it goes on. */
  readonly percent: number | null
  readonly secondsLeft: number | null
}

const NOTHING_KNOWN: Outlook = { total: null, percent: null, secondsLeft: null }
/** From less than this no pace is concluded. */
const PACE_FROM_MS = 2_000
/** The pace is that of the last so many minutes, in which what slows a walk down has come to be seen. */
const PACE_OVER_MS = 5 * 60_000
const MARK_EVERY_MS = 10_000

interface Mark {
  readonly at: Millis
  readonly walked: number
}

/** What a full walk will show, by the last one or by the source's count, and when it will be at its end. */
export class WalkTotals {
  readonly #monotonic: () => number
  readonly #totals = new Map<ResourceName, number>()
  /** By track, oldest first: a dry run, or one that failed, has no end that is told. */
  readonly #marks = new Map<PassTrack, Mark[]>()

  /** @param monotonic milliseconds from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Those that are known. */
  get all(): ReadonlyMap<ResourceName, number> {
    return this.#totals
  }

  learn(resource: ResourceName, total: number): void {
    this.#totals.set(resource, total)
  }

  /** What the last walk showed says nothing of the next. */
  forget(resource: ResourceName): void {
    this.#totals.delete(resource)
  }

  begin(progress: PassProgress): void {
    this.#marks.set(trackOf(progress), [{ at: this.#monotonic(), walked: progress.walked }])
  }

  /** Of a pass that was begun. */
  advance(progress: PassProgress): void {
    const marks = this.#marks.get(trackOf(progress))
    const at = this.#monotonic()
    if (marks === undefined || at - (marks.at(-1)?.at ?? -Infinity) < MARK_EVERY_MS) return
    marks.push({ at, walked: progress.walked })
    while (marks[1] !== undefined && at - marks[1].at >= PACE_OVER_MS) marks.shift()
  }

  end(progress: PassProgress): void {
    const { resource, state, walked } = progress
    if (walksAll(progress) && state === 'completed') this.#totals.set(resource, walked)
  }

  /** An update walks what has changed; how much that is shows at its end. */
  outlook(progress: PassProgress): Outlook {
    const { resource, walked } = progress
    const total = walksAll(progress) ? this.#totals.get(resource) : undefined
    if (total === undefined || total === 0 || walked > total) return NOTHING_KNOWN
    const percent = Math.min(99, Math.floor((100 * walked) / total))
    const [from] = this.#marks.get(trackOf(progress)) ?? []
    const taken = from === undefined ? 0 : this.#monotonic() - from.at
    const done = walked - (from?.walked ?? 0)
    const secondsLeft =
      taken < PACE_FROM_MS || done <= 0 ? null : Math.round(((total - walked) * (taken / done)) / 1000)
    return { total, percent, secondsLeft }
  }
}

/**
 * An operator's decision on what is held walks nothing, and a republish of certain keys, which has no token, only those. One of
 * everything has none either once it has ended: what it showed is no total.
 */
function walksAll({ pass, token, decidesOn }: PassProgress): boolean {
  if (pass === 'republish') return token !== null
  return pass !== 'update' && decidesOn === null
}

/** For a person, e.g. `12,000 of 98,000 (12 %), 3 min left`. */
export function describeOutlook(walked: number, { total, percent, secondsLeft }: Outlook): string {
  const count = walked.toLocaleString('en-US')
  if (total === null || percent === null) return `${count} walked`
  const left = secondsLeft === null ? '' : `, ${leftOf(secondsLeft)} left`
  return `${count} of ${total.toLocaleString('en-US')} (${percent} %)${left}`
}

function leftOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
