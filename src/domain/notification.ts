import type { Instant } from './instant.ts'
import type { PassKind } from './pass.ts'
import type { ResourceName } from './resource.ts'

/**
 * What somebody should know who is not looking. `held`: the guard holds a pass (R10); `degraded`: the feed has not been ready for a
 * while; `failed`: a pass has failed three times in a row; `recovered`: one of these is over.
 */
export type NotificationKind = 'held' | 'degraded' | 'failed' | 'recovered'

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
}
