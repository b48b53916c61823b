/** When a purge compares the content of whole records: what left no change stamp is found by nothing else. */
import { instant, type Instant, type Millis } from '../domain/instant.ts'
import type { PassProgress, PurgeCompare } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { CommittedState } from './committed-state.ts'

/** Of all resources of a feed. */
export interface SweepSettings {
  /** `PURGE_COMPARE`: of purges that are no content reconcile. */
  readonly compare: PurgeCompare
  /** `PURGE_INTERVAL` */
  readonly intervalMs: Millis
  /** `RECONCILE_INTERVAL` */
  readonly reconcileIntervalMs: Millis
}

/**
 * When the content of all records was last compared, by the begin of what did it: a content reconcile, or a snapshot, which
 * compares it as well. So a resource whose full walks come more often than `RECONCILE_INTERVAL` needs no reconcile. A snapshot
 * that is interrupted is gone on with, and comes to the same. Undefined before the first one.
 */
export function contentComparedAt(
  state: Pick<CommittedState, 'lastPass'>,
  { name }: ListedResource,
): Instant | undefined {
  const snapshot = state.lastPass(name, 'snapshot')?.startedAt
  const reconciled = state.lastPass(name, 'purge')?.reconciledAt ?? undefined
  if (snapshot === undefined || reconciled === undefined) return snapshot ?? reconciled
  return snapshot > reconciled ? snapshot : reconciled
}

/** Versions that knew one way alone did not note it. */
export function compareOfSweep({ compare }: Pick<PassProgress, 'compare'>): PurgeCompare {
  return compare ?? 'versions'
}

/** In the past if it is late. */
export function reconcileDueAt(
  state: Pick<CommittedState, 'lastPass'>,
  resource: ListedResource,
  { reconcileIntervalMs }: Pick<SweepSettings, 'reconcileIntervalMs'>,
): Instant {
  return instant((contentComparedAt(state, resource) ?? 0) + reconcileIntervalMs)
}

/**
 * How a purge that begins now compares, unless somebody asks for a way. A reconcile that would be due before half of the time to
 * the next purge is over is made now: two sweeps close to each other would find the same. While records of a purge are held, or were
 * rejected and not judged since, each is one: no other reads them again (R10).
 */
export function compareOf(
  state: Pick<CommittedState, 'lastPass' | 'holds'>,
  resource: ListedResource,
  sweeps: SweepSettings,
  now: Instant,
): PurgeCompare {
  if ((state.lastPass(resource.name, 'purge')?.reread.held ?? 0) > 0) return 'content'
  if (state.holds.rejected(resource.name).some(({ hold }) => hold.pass !== 'update')) return 'content'
  const isDue = now + sweeps.intervalMs / 2 >= reconcileDueAt(state, resource, sweeps)
  return isDue ? 'content' : sweeps.compare
}
