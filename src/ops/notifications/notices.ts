import type { Instant, Millis } from '../../domain/instant.ts'
import type { FeedNotification, NotificationKind } from '../../domain/notification.ts'
import { trackOf, type PassKind, type PassProgress, type PassTrack } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Parking } from '../../replication/persist.ts'
import type { Observer } from '../../replication/ports.ts'
import type { ListingstreamError } from '../../support/errors.ts'
import { strike } from '../../support/secrets.ts'
import type { HealthReport } from '../health.ts'
import { SILENT_OBSERVER } from '../observers.ts'

/** In a row, before somebody is called. */
const FAILURES = 3
/** So long a feed may be not ready: a broker that restarts is no news. */
const NOT_READY_MS: Millis = 60_000

export interface NoticesOptions {
  readonly now: () => Instant
  readonly newId: () => string
  /** Must not throw. */
  readonly tell: (notification: FeedNotification) => void
}

type Said = Omit<FeedNotification, 'id' | 'at'>

/** Decides what of a feed is worth a notification: each trouble once, and its end. */
export class Notices implements Parking {
  readonly #options: NoticesOptions
  readonly #failures = new Map<PassTrack, number>()
  readonly #failed = new Set<PassTrack>()
  readonly #held = new Set<PassTrack>()
  #notReadySince: Instant | undefined
  #isDegraded = false

  constructor(options: NoticesOptions) {
    this.#options = options
  }

  /** Told of passes. */
  readonly observer: Observer = {
    ...SILENT_OBSERVER,
    passEnded: (progress, detail) => this.#ended(progress, detail),
    // What an earlier process left held it has told.
    passRecovered: (progress) => {
      if (progress.state === 'held') this.#held.add(trackOf(progress))
    },
  }

  parked({ name: resource }: ResourceDescription, pass: PassKind, error: ListingstreamError): void {
    const track = trackOf({ resource, pass })
    const failures = (this.#failures.get(track) ?? 0) + 1
    this.#failures.set(track, failures)
    if (failures !== FAILURES) return
    this.#failed.add(track)
    const message = `The ${pass} of ${resource} has failed ${FAILURES} times in a row, and is tried again later and later. ${error.message}`
    this.#tell('failed', { resource, pass, code: error.code, message })
  }

  resumed({ name: resource }: ResourceDescription, pass: PassKind): void {
    this.#failures.delete(trackOf({ resource, pass }))
    this.#mended({ resource, pass })
  }

  scheduleBegun(): void {}

  /** To be called now and then: that a feed stays not ready is no event of its own. */
  look({ ready, reasons }: Pick<HealthReport, 'ready' | 'reasons'>): void {
    const now = this.#options.now()
    if (ready) {
      this.#notReadySince = undefined
      if (!this.#isDegraded) return
      this.#isDegraded = false
      const message = 'The feed is ready again.'
      return this.#tell('recovered', { resource: null, pass: null, code: null, message })
    }
    this.#notReadySince ??= now
    if (this.#isDegraded || now - this.#notReadySince < NOT_READY_MS) return
    this.#isDegraded = true
    const [first] = reasons
    const others = reasons.length > 1 ? ` (and ${reasons.length - 1} more; see /readyz)` : ''
    this.#tell('degraded', {
      resource: first?.resource ?? null,
      pass: first?.pass ?? null,
      code: first?.code ?? null,
      message: `The feed is not ready: ${first?.message ?? 'it does not say why.'}${others}`,
    })
  }

  #ended(progress: PassProgress, detail: string | null): void {
    const { resource, pass, state } = progress
    const track = trackOf(progress)
    if (state === 'held') {
      this.#held.add(track)
      const show = `"listingstream purge show --resource ${resource}" says what, and how to go on.`
      const message = `The guard holds the ${pass} of ${resource}: ${detail ?? 'it does not say why'}. ${show}`
      this.#tell('held', { resource, pass, code: null, message })
    } else if (state !== 'failed') {
      this.#failures.delete(track)
      this.#mended(progress)
    }
  }

  #mended({ resource, pass }: Pick<PassProgress, 'resource' | 'pass'>): void {
    const track = trackOf({ resource, pass })
    const wasFailed = this.#failed.delete(track)
    const wasHeld = this.#held.delete(track)
    if (!wasFailed && !wasHeld) return
    const what = wasHeld ? 'is held no longer' : 'succeeds again'
    this.#tell('recovered', { resource, pass, code: null, message: `The ${pass} of ${resource} ${what}.` })
  }

  #tell(kind: NotificationKind, said: Omit<Said, 'kind'>): void {
    const { tell, newId, now } = this.#options
    tell({ id: newId(), at: now(), kind, ...said, message: strike(said.message) })
  }
}
