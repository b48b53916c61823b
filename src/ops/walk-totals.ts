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

/** What a full walk will show, by the last one or by the source's count, and when it will be at its end. */
export class WalkTotals {
  readonly #monotonic: () => number
  readonly #totals = new Map<ResourceName, number>()
  /** By track: a dry run, or one that failed, has no end that is told. */
  readonly #begun = new Map<PassTrack, { readonly at: Millis; readonly walked: number }>()

  /** @param monotonic milliseconds from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  knows(resource: ResourceName): boolean {
    return this.#totals.has(resource)
  }

  learn(resource: ResourceName, total: number): void {
    this.#totals.set(resource, total)
  }

  begin(progress: PassProgress): void {
    this.#begun.set(trackOf(progress), { at: this.#monotonic(), walked: progress.walked })
  }

  end({ resource, pass, state, walked }: PassProgress): void {
    if (pass !== 'update' && state === 'completed') this.#totals.set(resource, walked)
  }

  /** An update walks what has changed; how much that is shows at its end. */
  outlook(progress: PassProgress): Outlook {
    const { resource, pass, walked } = progress
    const total = pass === 'update' ? undefined : this.#totals.get(resource)
    if (total === undefined || total === 0 || walked > total) return NOTHING_KNOWN
    const percent = Math.min(99, Math.floor((100 * walked) / total))
    const begun = this.#begun.get(trackOf(progress))
    const taken = begun === undefined ? 0 : this.#monotonic() - begun.at
    const done = walked - (begun?.walked ?? 0)
    const secondsLeft =
      taken < PACE_FROM_MS || done <= 0 ? null : Math.round(((total - walked) * (taken / done)) / 1000)
    return { total, percent, secondsLeft }
  }
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
