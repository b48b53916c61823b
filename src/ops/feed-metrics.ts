import type { Metrics } from './metrics.ts'

/** What work on a feed tells the metrics beside what it tells every observer. */
export type FeedMetrics = Pick<
  Metrics,
  | 'apiRequest'
  | 'describedFields'
  | 'metadataCheck'
  | 'requestSent'
  | 'rowsRead'
  | 'showBudget'
  | 'succeeded'
  | 'transaction'
>

/** Of a process that nobody scrapes. */
export const UNSEEN_METRICS: FeedMetrics = {
  apiRequest: () => undefined,
  describedFields: () => undefined,
  metadataCheck: () => undefined,
  requestSent: () => undefined,
  rowsRead: () => undefined,
  showBudget: () => undefined,
  succeeded: () => undefined,
  transaction: () => undefined,
}
