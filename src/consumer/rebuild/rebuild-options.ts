import type { Instant, Millis } from '../../domain/instant.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import type { ListingstreamError } from '../../support/errors.ts'
import type { ViewedTopics } from './feed-view.ts'
import type { PlannedRound } from './plan-round.ts'
import type { WaitingListener } from './store.ts'
import type { RebuildWriter, Staged } from './writing/writer.ts'

export interface RebuildOptions extends ViewedTopics {
  readonly registry: Pick<SchemaRegistry, 'byId' | 'latest'>
  /** Null: all that the feed publishes. */
  readonly chosen: readonly ResourceName[] | null
  /** Of these resources, and not opened yet. */
  readonly makeWriter: () => RebuildWriter
  /** By this machine's clock. */
  readonly now: () => Instant
  readonly observer: RebuildObserver
}

/** Told how far it is. Never throws. */
export interface RebuildObserver {
  roundBegun(planned: PlannedRound): void
  staged(resource: ResourceName, staged: Staged, reached: NextOffsets): void
  /** Everything is staged, and others are in the way of its becoming visible. Again when those who are left are fewer. */
  waiting: WaitingListener
  /** @param lost in words, what others had made for the tables and could not be kept */
  roundFinished(planned: PlannedRound, lost: readonly string[]): void
  /** What may pass, and is tried again by itself. */
  failed(error: ListingstreamError, retryInMs: Millis): void
}
