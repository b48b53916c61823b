import type { Millis } from '../domain/instant.ts'
import type { ListedResource, ResourceName } from '../domain/resource.ts'
import type { PassId, SourceIdentity } from '../domain/pass.ts'
import type { CommittedState } from './committed-state.ts'
import type { GuardLimits } from './guard.ts'
import type { LateArrivals } from './late-arrivals.ts'
import type { PageCommitter } from './page-committer.ts'
import type { SweepSettings } from './reconcile.ts'
import type { RereadLimits } from './reread/judge-reread.ts'
import type { FeedSets } from './sets/sets-to-look-at.ts'
import type { ServerClock } from './server-clock.ts'
import type {
  ChangePublisher,
  Clock,
  HoldReader,
  KeyIndex,
  Observer,
  PublishedEvents,
  ResourceMetadata,
  Source,
} from './ports.ts'

/** One source under one topic prefix: everything that its passes share. Assembled once, in `app/`. */
export interface Feed {
  /** What it replicates. */
  readonly resources: readonly ListedResource[]
  /** Of their subresources. */
  readonly sets: FeedSets
  readonly source: Source
  /** Whom it replicates. */
  readonly identity: SourceIdentity
  readonly metadata: ResourceMetadata
  readonly publisher: ChangePublisher
  readonly holds: HoldReader
  readonly published: PublishedEvents
  readonly index: KeyIndex
  readonly committer: PageCommitter
  readonly state: CommittedState
  readonly clock: Clock
  /** Is told the Date of every answer of the source (R4). */
  readonly serverClock: ServerClock
  readonly observer: Observer
  readonly newPassId: () => PassId
  /** From 0 up to 1: spreads the waits before what failed is tried again. */
  readonly random: () => number
  /** `UPDATE_OVERLAP` */
  readonly overlap: Millis
  /** How far the windows of updates look back, which may be more. */
  readonly lateArrivals: LateArrivals
  /** `delete.retention.ms` of the data topics: how long a deleted key is remembered (R9). */
  readonly deleteRetention: Millis
  readonly sweeps: SweepSettings
  /** `PURGE_CONFIRM_SWEEPS`: complete sweeps in a row that do not show a key before it is deleted. */
  readonly confirmSweeps: number
  readonly guard: (resource: ResourceName) => GuardLimits
  /** Of records that are read again (R10). */
  readonly reread: RereadLimits
  /** Records of one transaction where no page of the source sets it (deletes). */
  readonly batchSize: number
}
