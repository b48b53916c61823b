/** Which way a store comes to the newest state of its feed. */
import type { Instant } from '../../domain/instant.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'
import type { FeedView } from './feed-view.ts'
import type { Round, StoredFeed, StoreState, Table } from './store.ts'
import { StoreError } from './store-error.ts'

/** What a store holds, as far as a round depends on it. */
export interface Held {
  readonly visible: {
    readonly feed: StoredFeed
    readonly offsets: NextOffsets
    readonly pinnedAt: Instant
    readonly resources: readonly ResourceName[]
  } | null
  readonly staged: {
    readonly round: Round
    readonly reached: NextOffsets
    readonly resources: readonly ResourceName[]
  } | null
}

export function heldBy({ visible, staged }: StoreState): Held {
  const resourcesOf = (state: { readonly tables: readonly Table[] }): readonly ResourceName[] =>
    state.tables.map(({ resource }) => resource)
  return {
    visible: visible === null ? null : { ...visible, resources: resourcesOf(visible) },
    staged: staged === null ? null : { ...staged, resources: resourcesOf(staged) },
  }
}

/** Why everything is read from the beginning. */
type ReplayReason =
  | 'first fill'
  | 'another generation of the feed'
  | 'other resources'
  | 'the topics were made anew'
  | 'away for too long'

export interface PlannedRound {
  readonly round: Round
  readonly resources: readonly ResourceName[]
  /** Where the reading goes on. */
  readonly from: NextOffsets
  /** Goes on with what is staged. */
  readonly isResumed: boolean
  /** Null: of a catch-up. */
  readonly reason: ReplayReason | null
}

/**
 * @param chosen null: all that the feed publishes
 * @throws {StoreError} STORE_FOREIGN for a store of another feed
 */
export function planRound(
  { visible, staged }: Held,
  view: FeedView,
  chosen: readonly ResourceName[] | null,
  now: Instant,
): PlannedRound {
  for (const state of [visible, staged?.round]) if (state) requireSameFeed(state.feed, view.feed)
  const resources = wanted(visible, view, chosen)
  const reason = replayReason(visible, view, resources, now)
  const kind = reason === null ? 'catch-up' : 'replay'
  if (staged !== null && staged.round.kind === kind && isUsable(staged, view, resources, now)) {
    return { round: staged.round, resources, from: staged.reached, isResumed: true, reason }
  }
  const from = of(reason === null && visible !== null ? visible.offsets : view.starts, resources)
  const round: Round = { kind, feed: view.feed, ends: of(view.ends, resources), pinnedAt: now }
  return { round, resources, from, isResumed: false, reason }
}

/** A store keeps the tables that it has, as long as the feed has their topics. */
function wanted(
  visible: Held['visible'],
  { resources }: FeedView,
  chosen: readonly ResourceName[] | null,
): readonly ResourceName[] {
  const stored = visible?.resources ?? []
  const names = resources.map(({ name }) => name)
  return chosen === null ? names : names.filter((name) => chosen.includes(name) || stored.includes(name))
}

function replayReason(
  visible: Held['visible'],
  view: FeedView,
  resources: readonly ResourceName[],
  now: Instant,
): ReplayReason | null {
  if (visible === null) return 'first fill'
  if (visible.feed.generation !== view.feed.generation) return 'another generation of the feed'
  if (!isSameSet(visible.resources, resources)) return 'other resources'
  if (!liesBefore(visible.offsets, view.ends)) return 'the topics were made anew'
  return isTooOld(visible.pinnedAt, view, now) ? 'away for too long' : null
}

function isUsable(
  staged: NonNullable<Held['staged']>,
  view: FeedView,
  resources: readonly ResourceName[],
  now: Instant,
): boolean {
  const { round, reached } = staged
  return (
    round.feed.generation === view.feed.generation &&
    isSameSet(staged.resources, resources) &&
    liesBefore(reached, round.ends) &&
    liesBefore(round.ends, view.ends) &&
    !isTooOld(round.pinnedAt, view, now)
  )
}

/**
 * Whether a tombstone that was written since may be gone already, so that a delete would be missed (R2 has the same rule
 * for the index): it stays for `delete.retention.ms` at least.
 */
function isTooOld(at: Instant, { deleteRetention }: FeedView, now: Instant): boolean {
  return now - at > deleteRetention / 2
}

/** @throws {StoreError} STORE_FOREIGN */
export function requireSameFeed(stored: StoredFeed, { prefix, clusterId }: StoredFeed): void {
  if (stored.prefix === prefix && stored.clusterId === clusterId) return
  throw new StoreError(
    `The store holds the feed "${stored.prefix}" of the Kafka cluster ${stored.clusterId}, not "${prefix}" of ${clusterId}. Check TOPIC_PREFIX and KAFKA_BROKERS, or rebuild into another store.`,
    'STORE_FOREIGN',
  )
}

function liesBefore(earlier: NextOffsets, later: NextOffsets): boolean {
  return Object.entries(earlier).every(([name, offsets]) => {
    const ends = later[name] ?? []
    return offsets.length === ends.length && offsets.every((offset, i) => offset <= (ends[i] ?? 0))
  })
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}

function of(offsets: NextOffsets, resources: readonly ResourceName[]): NextOffsets {
  return Object.fromEntries(resources.map((name) => [name, offsets[name] ?? []]))
}
