import type { Change } from '../listing/change.ts'
import type { Instant, Millis } from '../listing/instant.ts'
import type { OutcomeCounts, PassKind, PassProgress } from '../listing/pass.ts'
import type { ResourceDescription, ResourceName } from '../listing/resource.ts'
import type { Parking } from '../replication/loop.ts'
import type { Observer } from '../replication/ports.ts'
import type { ListingstreamError } from '../support/errors.ts'
import type { Logger } from './logger.ts'

const PROGRESS_INTERVAL_MS = 5_000

/** Tells of passes in the log: their start, their progress at most every 5 s, their end, and standstills once each. */
export class LogObserver implements Observer, Parking {
  readonly #logger: Logger
  readonly #monotonic: () => number
  readonly #told = new Map<string, number>()
  readonly #parked = new Map<string, string>()

  /** @param monotonic milliseconds from any origin */
  constructor(logger: Logger, monotonic: () => number = () => performance.now()) {
    this.#logger = logger
    this.#monotonic = monotonic
  }

  passStarted(progress: PassProgress, resumed: boolean): void {
    this.#told.set(progress.passId, this.#monotonic())
    const { page, walked, filter } = progress
    const startedAt = new Date(progress.startedAt).toISOString()
    this.#logger.info(
      { ...named(progress), startedAt, filter, ...(resumed ? { page, walked } : {}) },
      resumed ? 'pass resumed' : 'pass started',
    )
  }

  pageCommitted(progress: PassProgress, _page: OutcomeCounts, _changes: readonly Change[]): void {
    const now = this.#monotonic()
    if (now - (this.#told.get(progress.passId) ?? -Infinity) < PROGRESS_INTERVAL_MS) return
    this.#told.set(progress.passId, now)
    const { page, walked, counts } = progress
    this.#logger.info({ ...named(progress), page, walked, counts }, 'pass goes on')
  }

  passEnded(progress: PassProgress, detail: string | null): void {
    this.#told.delete(progress.passId)
    const { state, page, walked, counts, deletes } = progress
    const fields = {
      ...named(progress),
      pages: page,
      walked,
      counts,
      ...(progress.pass === 'purge' ? { deletes } : {}),
      ...(detail === null ? {} : { detail }),
    }
    if (state === 'completed') this.#logger.info(fields, 'pass completed')
    else this.#logger.warn(fields, `pass ${state}`)
  }

  watermarkMoved(resource: ResourceName, watermark: Instant): void {
    this.#logger.debug({ resource, watermark: new Date(watermark).toISOString() }, 'watermark moved')
  }

  /** Later attempts that fail in the same way are told at level debug. */
  parked(resource: ResourceDescription, pass: PassKind, err: ListingstreamError, retryInMs: Millis): void {
    const track = `${resource.name}/${pass}`
    const known = this.#parked.get(track) === err.code
    this.#parked.set(track, err.code)
    const fields = { resource: resource.name, pass, retryInMs, err }
    if (known) this.#logger.debug(fields, 'still parked')
    else this.#logger.error(fields, 'parked: it stands still until this is over')
  }

  resumed(resource: ResourceDescription, pass: PassKind): void {
    this.#parked.delete(`${resource.name}/${pass}`)
    this.#logger.info({ resource: resource.name, pass }, 'goes on again')
  }
}

/** One observer that tells all of them, in their order. */
export function observers(...list: readonly Observer[]): Observer {
  return {
    pageCommitted(...event) {
      for (const observer of list) observer.pageCommitted(...event)
    },
    passStarted(...event) {
      for (const observer of list) observer.passStarted(...event)
    },
    passEnded(...event) {
      for (const observer of list) observer.passEnded(...event)
    },
    watermarkMoved(...event) {
      for (const observer of list) observer.watermarkMoved(...event)
    },
  }
}

function named({ resource, pass, passId }: PassProgress) {
  return { resource, pass, passId }
}
