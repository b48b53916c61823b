import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource, Replicated, ResourceDescription } from '../../domain/resource.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import { lastMarkers, lastNotifications } from '../../feed/control-log.ts'
import { readWaitingLetters, type DeadLetterSummary } from '../../feed/dead-letter-log.ts'
import type { MarkerRecord } from '../../feed/state-records.ts'
import type { OddRecord } from '../../ops/page/feed-history.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import type { CommittedState } from '../../replication/committed-state.ts'
import { standingHolds } from '../../replication/holds/standing-hold.ts'
import type { KeyIndex } from '../../replication/ports.ts'
import { explainKey, type ExplainOptions, type KeyReport } from '../explain/explain-key.ts'
import { oddValuesOf, type OddValues } from '../explain/odd-values.ts'
import { othersThan, reportHold, type HoldAnswer } from '../holds/hold-report.ts'
import { previewDeletes, type DeletePreview } from '../passes/delete-preview.ts'
import type { LiveRecords } from '../reports/feed-status.ts'
import { countLive } from '../reports/live-records.ts'
import type { FeedReader } from './feed-reader.ts'

/** What is asked of an open feed between its passes. */
export interface FeedQueries {
  /** Letters that wait, oldest first; all that the topic holds where no resource is named. */
  openLetters(
    resource: ResourceDescription | undefined,
    signal: AbortSignal,
  ): Promise<readonly DeadLetterSummary[]>
  liveRecords(signal: AbortSignal): Promise<LiveRecords>
  previewDeletes(
    resource: ListedResource,
    candidates: Candidates,
    signal: AbortSignal,
  ): Promise<DeletePreview>
  /** What the guard holds: deletes, if there are any, else records. */
  reportHold(resource: ListedResource, signal: AbortSignal): Promise<HoldAnswer>
  /** Those that were written last. */
  lastMarkers(signal: AbortSignal): Promise<readonly MarkerRecord[]>
  /** The same of notifications. */
  lastNotifications(signal: AbortSignal): Promise<readonly FeedNotification[]>
  /** All that the feed knows of a key. */
  explainKey(
    resource: Replicated,
    key: RecordKey,
    options: ExplainOptions,
    signal: AbortSignal,
  ): Promise<KeyReport>
  /** Of these records, the values that fit no field. */
  oddValues(records: readonly OddRecord[], signal: AbortSignal): Promise<readonly OddValues[]>
}

export function feedQueries(
  reader: FeedReader,
  index: Pick<KeyIndex, 'entries' | 'getMany'>,
  state: CommittedState,
): FeedQueries {
  const { cluster, names, resources, writerSchemas } = reader
  return {
    async openLetters(resource, signal) {
      const letters = await readWaitingLetters({ cluster, names }, signal)
      return resource === undefined ? letters : letters.filter(({ topic }) => topic === names.data(resource))
    },
    liveRecords: (signal) => countLive(index, resources, signal),
    previewDeletes(resource, candidates, signal) {
      const topic = names.data(resource)
      return previewDeletes({ cluster, topic, resource, schemas: writerSchemas }, candidates, signal)
    },
    async reportHold(resource, signal) {
      const all = standingHolds(state, resource)
      const [standing] = all
      const hold = standing === undefined ? null : await reportHold(reader, resource, standing, signal)
      return { hold, others: othersThan(standing, all) }
    },
    lastMarkers: (signal) =>
      lastMarkers(cluster, names.control, { schemas: writerSchemas, resources }, signal),
    lastNotifications: (signal) => lastNotifications(cluster, names.control, writerSchemas, signal),
    explainKey: (...asked) => explainKey(reader, ...asked),
    oddValues: (records, signal) => oddValuesOf(reader, index, records, signal),
  }
}
