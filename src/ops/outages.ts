import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { ListingstreamError } from '../support/errors.ts'
import type { Tries } from '../support/tries.ts'
import type { Logger } from './logger.ts'

export type Service = 'spark-api' | 'kafka' | 'registry'

/** Something that the program needs fails, and is tried again. */
export interface Outage {
  readonly service: Service
  /** Of the first try that failed. */
  readonly since: Instant
  /** Of the last one. */
  readonly error: ListingstreamError
  /** Null if whoever asked decides. */
  readonly retryAt: Instant | null
}

interface FailingTry {
  readonly lastAt: Instant
  readonly retryAt: Instant | null
}

interface OpenOutage {
  readonly since: Instant
  error: ListingstreamError
  tries: number
  told: boolean
  /** What fails, by what was tried: the success of something else is not its end. */
  readonly failing: Map<string, FailingTry>
}

/** What failed and was not tried again for so long after its time is not waited for any longer: its caller gave up. */
const GIVEN_UP_AFTER_MS = 60_000
/** A failure so soon after the end of another one is told only if it lasts. */
const CALM_MS = 60_000
/** From here on an outage lasts: `/readyz` tells of it, and the log whatever came before. */
const LASTING_MS = 30_000
const LONGEST_NAME = 200

const NAMES: Readonly<Record<Service, string>> = {
  'spark-api': 'the API',
  kafka: 'Kafka',
  registry: 'the schema registry',
}

/**
 * Outages of what the program depends on, from the first try that failed to the first that did not. Each is one warning
 * when it begins and one line when it is over; the tries in between are told at level debug.
 */
export class Outages {
  readonly #logger: Logger
  readonly #now: () => Instant
  readonly #open = new Map<Service, OpenOutage>()
  readonly #endedAt = new Map<Service, Instant>()

  constructor(logger: Logger, now: () => Instant) {
    this.#logger = logger
    this.#now = now
  }

  of(service: Service): Tries {
    return {
      failed: (what, error, retryInMs) => this.#failed(service, what, error, retryInMs),
      succeeded: (what) => this.#succeeded(service, what),
    }
  }

  /** Those that have lasted for 30 s or more. */
  lasting(): readonly Outage[] {
    const now = this.#now()
    return [...this.#open]
      .filter(([, { since }]) => now - since >= LASTING_MS)
      .map(([service, { since, error, failing }]) => {
        const next = [...failing.values()].map(({ retryAt }) => retryAt).filter((at) => at !== null)
        return { service, since, error, retryAt: next.length === 0 ? null : instant(Math.min(...next)) }
      })
  }

  #failed(service: Service, what: string, error: ListingstreamError, retryInMs: Millis | null): void {
    const now = this.#now()
    const outage = this.#open.get(service) ?? { since: now, error, tries: 0, told: false, failing: new Map() }
    this.#open.set(service, outage)
    outage.error = error
    outage.tries += 1
    const retryAt = retryInMs === null ? null : instant(now + Math.round(retryInMs))
    outage.failing.set(what, { lastAt: now, retryAt })
    const calm = now - (this.#endedAt.get(service) ?? -Infinity) >= CALM_MS
    const tell = !outage.told && (calm || now - outage.since >= LASTING_MS)
    outage.told ||= tell
    const fields = {
      service,
      what: what.slice(0, LONGEST_NAME),
      retryInMs: retryInMs === null ? null : Math.round(retryInMs),
      err: error,
    }
    const name = NAMES[service]
    if (tell) this.#logger.warn(fields, `${name} fails; ${when(retryInMs)}`)
    else this.#logger.debug(fields, `${name} still fails; ${when(retryInMs)}`)
  }

  #succeeded(service: Service, what: string): void {
    const outage = this.#open.get(service)
    if (outage === undefined) return
    const now = this.#now()
    outage.failing.delete(what)
    for (const [other, { lastAt, retryAt }] of outage.failing) {
      if (now - Math.max(lastAt, retryAt ?? lastAt) >= GIVEN_UP_AFTER_MS) outage.failing.delete(other)
    }
    if (outage.failing.size > 0) return
    this.#open.delete(service)
    this.#endedAt.set(service, now)
    const fields = { service, seconds: Math.round((now - outage.since) / 1000), failedTries: outage.tries }
    this.#logger[outage.told ? 'info' : 'debug'](fields, `${NAMES[service]} answers again`)
  }
}

function when(retryInMs: Millis | null): string {
  if (retryInMs === null) return 'who asked tries again'
  return retryInMs < 1000 ? 'tried again at once' : `tried again in ${Math.round(retryInMs / 1000)} s`
}
