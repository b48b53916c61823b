import { readWaitingLetters, type DeadLetterSummary } from '../../feed/dead-letter-log.ts'
import type { Candidates } from '../../replication/delete-candidates.ts'
import type { KeyIndex } from '../../replication/ports.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { previewDeletes, type DeletePreview } from '../passes/delete-preview.ts'
import { countLive } from '../reports/live-records.ts'
import type { FeedReader } from './feed-reader.ts'

/** What is asked of an open feed between its passes. */
export interface FeedQueries {
  /** Letters that wait, of all resources, oldest first. */
  openLetters(signal: AbortSignal): Promise<readonly DeadLetterSummary[]>
  liveRecords(signal: AbortSignal): Promise<number>
  /** Of listings. */
  previewDeletes(candidates: Candidates, signal: AbortSignal): Promise<DeletePreview>
}

export function feedQueries(
  { cluster, names, resources, writerSchemas }: FeedReader,
  index: Pick<KeyIndex, 'entries'>,
): FeedQueries {
  return {
    openLetters: (signal) => readWaitingLetters({ cluster, names }, signal),
    liveRecords: (signal) => countLive(index, resources, signal),
    previewDeletes(candidates, signal) {
      const topic = names.data(LISTINGS)
      return previewDeletes({ cluster, topic, schemas: writerSchemas }, candidates, signal)
    },
  }
}
