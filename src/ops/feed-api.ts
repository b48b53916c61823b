/** A feed as it is asked for over HTTP: what a supervisor offers. Each promise may reject with a `ListingstreamError`. */
import type { HealthReport } from './health.ts'
import type { HoldRequests } from './hold-routes.ts'
import type { PageFeed } from './page/page-routes.ts'
import type { PassRequests } from './pass-routes.ts'
import type { PauseRequests } from './pause-routes.ts'
import type { RequestedKey } from './requested-key.ts'

/**
 * `opening`: it is taken over, or waits for what it needs; `stopped`: it has ended, and somebody has to decide; `elsewhere`:
 * another instance of the group has it, or will have it.
 */
export type FeedStanding = 'opening' | 'running' | 'stopped' | 'elsewhere'

export interface FeedApi extends PassRequests, PauseRequests {
  /** `TOPIC_PREFIX` */
  readonly prefix: string
  readonly standing: FeedStanding
  /** Of the daemon, while it has the feed: who hands work over names whom it means. */
  readonly instanceId: string | undefined
  /** `ready` decides between 200 and 503; the whole report is the answer. */
  readiness(): HealthReport
  status(signal: AbortSignal): Promise<object>
  /** What is known of one key. */
  explainKey(wanted: RequestedKey, signal: AbortSignal): Promise<object>
  readonly holds: HoldRequests
  /** What the operator's page asks beside. */
  readonly page: PageFeed
}
