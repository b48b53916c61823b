import type { Change } from '../listing/change.ts'
import { instant, type Instant, type Millis } from '../listing/instant.ts'
import type { OutcomeCounts, PassId, PassKind, PassProgress } from '../listing/pass.ts'
import type { ResourceDescription, ResourceName } from '../listing/resource.ts'
import type { Parking } from '../replication/loop.ts'
import type { Observer } from '../replication/ports.ts'
import type { ListingstreamError } from '../support/errors.ts'

/** Why the program is not ready. */
export interface NotReadyReason {
  readonly code: string
  readonly message: string
  /** The track that stands still; null while the program starts. */
  readonly resource: ResourceName | null
  readonly pass: PassKind | null
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

export interface HealthReport {
  readonly ready: boolean
  readonly reasons: readonly NotReadyReason[]
  /** Passes that the guard held (R10): it works, but an operator should look. */
  readonly held: readonly { readonly resource: ResourceName; readonly detail: string }[]
  /** Schemas that the registry refuses: it works with the one before, but an operator should look. */
  readonly refusedSchemas: readonly {
    readonly resource: ResourceName
    readonly code: string
    readonly message: string
  }[]
  /** The last one of each kind since the process started. */
  readonly lastCompleted: readonly CompletedPass[]
}

/** Whether the program does its work: from when it has started, and while no track of a feed is parked. */
export class Health implements Observer, Parking {
  readonly #now: () => Instant
  #starting: NotReadyReason | undefined
  readonly #parked = new Map<string, NotReadyReason>()
  readonly #held = new Map<ResourceName, string>()
  readonly #refused = new Map<ResourceName, ListingstreamError>()
  readonly #completed = new Map<string, CompletedPass>()

  constructor(now: () => Instant) {
    this.#now = now
    this.starting('The program starts.')
  }

  /** Not ready until `started`; the message says what it waits for. */
  starting(message: string, code = 'STARTING'): void {
    const since = this.#starting?.since ?? this.#now()
    this.#starting = { code, message, resource: null, pass: null, since, retryAt: null }
  }

  started(): void {
    this.#starting = undefined
  }

  parked({ name }: ResourceDescription, pass: PassKind, error: ListingstreamError, retryInMs: Millis): void {
    const now = this.#now()
    this.#parked.set(trackOf(name, pass), {
      code: error.code,
      message: error.message,
      resource: name,
      pass,
      since: this.#parked.get(trackOf(name, pass))?.since ?? now,
      retryAt: instant(now + Math.round(retryInMs)),
    })
  }

  resumed({ name }: ResourceDescription, pass: PassKind): void {
    this.#parked.delete(trackOf(name, pass))
  }

  passEnded(progress: PassProgress, detail: string | null): void {
    const { resource, pass, passId, state } = progress
    if (state === 'completed') {
      this.#completed.set(trackOf(resource, pass), { resource, pass, passId, at: this.#now() })
      if (pass === 'purge') this.#held.delete(resource)
    } else if (state === 'held') {
      this.#held.set(resource, detail ?? 'The guard holds its deletes.')
    }
  }

  pageCommitted(_progress: PassProgress, _page: OutcomeCounts, _changes: readonly Change[]): void {}
  passStarted(_progress: PassProgress, _resumed: boolean): void {}
  watermarkMoved(_resource: ResourceName, _watermark: Instant): void {}

  schemaRefused(resource: ResourceName, error: ListingstreamError | null): void {
    if (error === null) this.#refused.delete(resource)
    else this.#refused.set(resource, error)
  }

  report(): HealthReport {
    const starting = this.#starting === undefined ? [] : [this.#starting]
    const reasons = [...starting, ...this.#parked.values()]
    return {
      ready: reasons.length === 0,
      reasons,
      held: [...this.#held].map(([resource, detail]) => ({ resource, detail })),
      refusedSchemas: [...this.#refused].map(([resource, { code, message }]) => ({
        resource,
        code,
        message,
      })),
      lastCompleted: [...this.#completed.values()],
    }
  }
}

function trackOf(resource: ResourceName, pass: PassKind): string {
  return `${resource}/${pass}`
}
