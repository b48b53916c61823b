import type { Instant, Millis } from '../../domain/instant.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import { trackOf, type PassKind, type PassProgress, type PassTrack } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Parking } from '../../replication/persist.ts'
import type { Observer } from '../../replication/ports.ts'
import type { ListingstreamError } from '../../support/errors.ts'
import { withFeed } from '../../support/command-for.ts'
import { strike } from '../../support/secrets.ts'
import type { HealthReport } from '../health.ts'
import { SILENT_OBSERVER } from '../observers.ts'
import { OpenIncidents, type OpenIncident } from './open-incidents.ts'

/** In a row, before somebody is called. */
const FAILURES = 3
/** So long a feed may be not ready: a broker that restarts is no news. */
const NOT_READY_MS: Millis = 60_000

export interface NoticesOptions {
  /** Whose commands are told; null where there is but one. @default null */
  readonly feed?: string | null
  readonly now: () => Instant
  readonly newId: () => string
  /** Must not throw. */
  readonly tell: (notification: FeedNotification) => void
}

type Said = Omit<FeedNotification, 'id' | 'at'>

interface Stand {
  readonly state: PassProgress['state']
  readonly completedAt: Instant | undefined
}

/** Decides what of a feed is worth a notification: each trouble once, and its end. */
export class Notices implements Parking {
  readonly #options: NoticesOptions
  readonly #failures = new Map<PassTrack, number>()
  readonly #open = new OpenIncidents()
  /** How the passes stood that earlier processes began. */
  readonly #stands = new Map<PassTrack, Stand>()
  #notReadySince: Instant | undefined

  constructor(options: NoticesOptions) {
    this.#options = options
  }

  /** Told of passes. */
  readonly observer: Observer = {
    ...SILENT_OBSERVER,
    passEnded: (progress, detail) => this.#ended(progress, detail),
    passRecovered: (progress, completedAt) => {
      const { resource, pass, state } = progress
      this.#stands.set(trackOf(progress), { state, completedAt })
      // What an earlier process left held it has told.
      if (state === 'held') this.#open.add({ id: null, kind: 'held', resource, pass, at: progress.startedAt })
    },
  }

  /** The feed may have been with another process meanwhile, which has told what it met. */
  begin(): void {
    this.#failures.clear()
    this.#open.clear()
    this.#stands.clear()
    this.#notReadySince = undefined
  }

  /** What earlier processes told, in its order: what of it is not over is over only when this one says so. */
  recall(told: readonly FeedNotification[]): void {
    this.#open.recall(told)
    for (const incident of this.#open.all) {
      if (isOver(incident, this.#stands)) this.#recovered(incident)
    }
  }

  parked({ name: resource }: ResourceDescription, pass: PassKind, error: ListingstreamError): void {
    const track = trackOf({ resource, pass })
    const failures = (this.#failures.get(track) ?? 0) + 1
    this.#failures.set(track, failures)
    if (failures !== FAILURES || this.#open.get('failed', { resource, pass }) !== undefined) return
    const message = `The ${pass} of ${resource} has failed ${FAILURES} times in a row, and is tried again later and later. ${error.message}`
    this.#tell({ kind: 'failed', resource, pass, code: error.code, message })
  }

  resumed({ name: resource }: ResourceDescription, pass: PassKind): void {
    this.#failures.delete(trackOf({ resource, pass }))
    this.#mended({ resource, pass })
  }

  scheduleBegun(): void {}

  /** To be called now and then: that a feed stays not ready is no event of its own. */
  look({ ready, reasons }: Pick<HealthReport, 'ready' | 'reasons'>): void {
    const now = this.#options.now()
    const open = this.#open.get('degraded', { resource: null, pass: null })
    if (ready) {
      this.#notReadySince = undefined
      if (open !== undefined) this.#recovered(open)
      return
    }
    this.#notReadySince ??= now
    if (open !== undefined || now - this.#notReadySince < NOT_READY_MS) return
    const [first] = reasons
    const others = reasons.length > 1 ? ` (and ${reasons.length - 1} more; see /readyz)` : ''
    this.#tell({
      kind: 'degraded',
      resource: first?.resource ?? null,
      pass: first?.pass ?? null,
      code: first?.code ?? null,
      message: `The feed is not ready: ${first?.message ?? 'it does not say why.'}${others}`,
    })
  }

  #ended(progress: PassProgress, detail: string | null): void {
    const { resource, pass, state } = progress
    if (state === 'held') {
      const show = `"listingstream purge show --resource ${resource}" says what, and how to go on.`
      const message = `The guard holds the ${pass} of ${resource}: ${detail ?? 'it does not say why'}. ${show}`
      this.#tell({ kind: 'held', resource, pass, code: null, message })
    } else if (state !== 'failed') {
      this.#failures.delete(trackOf(progress))
      this.#mended(progress)
    }
  }

  #mended(of: Pick<PassProgress, 'resource' | 'pass'>): void {
    for (const kind of ['failed', 'held'] as const) {
      const incident = this.#open.get(kind, of)
      if (incident !== undefined) this.#recovered(incident)
    }
  }

  #recovered({ at: _told, ...recovers }: OpenIncident): void {
    const { kind, resource, pass } = recovers
    this.#open.close(recovers)
    // What a feed was not ready for is not what it recovers from.
    const of = kind === 'degraded' ? { resource: null, pass: null } : { resource, pass }
    this.#send({ kind: 'recovered', ...of, code: null, message: endOf(recovers), recovers })
  }

  #tell(said: Omit<Said, 'recovers' | 'kind'> & Pick<OpenIncident, 'kind'>): void {
    const { kind, resource, pass } = said
    const { id, at } = this.#send({ ...said, recovers: null })
    this.#open.add({ id, kind, resource, pass, at })
  }

  #send(said: Said): FeedNotification {
    const { tell, newId, now, feed = null } = this.#options
    const notification = { id: newId(), at: now(), ...said, message: strike(withFeed(said.message, feed)) }
    tell(notification)
    return notification
  }
}

/** Whether it ended while no process looked: somebody decided, or a command did what the daemon could not. */
function isOver({ kind, resource, pass, at }: OpenIncident, stands: ReadonlyMap<PassTrack, Stand>): boolean {
  if (kind === 'degraded' || resource === null || pass === null) return false
  const stand = stands.get(trackOf({ resource, pass }))
  if (stand === undefined) return false
  if (kind === 'held') return stand.state === 'completed' || stand.state === 'rejected'
  return stand.completedAt !== undefined && stand.completedAt > at
}

function endOf({ kind, resource, pass }: Omit<OpenIncident, 'at' | 'id'>): string {
  switch (kind) {
    case 'degraded':
      return 'The feed is ready again.'
    case 'held':
      return `The ${pass} of ${resource} is held no longer.`
    case 'failed':
      return `The ${pass} of ${resource} succeeds again.`
  }
}
