import type { Instant } from './instant.ts'
import type { PassKind } from './pass.ts'
import type { ResourceName } from './resource.ts'

/**
 * What somebody should know who is not looking. `held`: the guard holds a pass (R10); `degraded`: the feed has not been ready for a
 * while; `failed`: a pass has failed three times in a row; `recovered`: one of these is over.
 */
type NotificationKind = 'held' | 'degraded' | 'failed' | 'recovered'

/** What a `recovered` says is over, as the notification that told of it had it. */
export interface Incident {
  /** Null: nobody was told of it, or what told of it is not in the topic any more. */
  readonly id: string | null
  readonly kind: Exclude<NotificationKind, 'recovered'>
  readonly resource: ResourceName | null
  readonly pass: PassKind | null
}

export interface FeedNotification {
  /** Of CloudEvents: the same for each way that it is told. */
  readonly id: string
  readonly kind: NotificationKind
  /** Null: the whole feed. */
  readonly resource: ResourceName | null
  readonly pass: PassKind | null
  /** Of the error, where there is one. */
  readonly code: string | null
  /** What happened, and what to do. */
  readonly message: string
  readonly at: Instant
  /** Of `recovered` alone; null in those of versions that did not say it. */
  readonly recovers: Incident | null
}
