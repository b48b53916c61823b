import type { Instant } from './instant.ts'
import type { Pause } from './pause.ts'
import type { PassProgress, PassTrack, SourceIdentity } from './pass.ts'
import type { ResourceName } from './resource.ts'

/** Which feed an index belongs to; it is of use only for the same one (R2). */
export interface FeedIdentity {
  /** Two feeds of one source may otherwise be alike. */
  readonly prefix: string
  readonly generation: number
  readonly clusterId: string
  readonly source: SourceIdentity
  /** Partition count by topic name without prefix. */
  readonly partitions: Readonly<Record<string, number>>
}

/** What the topics say of a feed when a process takes it over (R2). */
export interface FeedState {
  readonly generation: number
  readonly source: SourceIdentity | null
  readonly watermarks: ReadonlyMap<ResourceName, Instant>
  readonly passes: ReadonlyMap<PassTrack, PassProgress>
  /** @default none */
  readonly pauses?: readonly Pause[]
}
