/** How many records are live, and how many sets are owed, by the key index: from the process that has it, or by who finds it free and up to date. */
import { KeyIndexError } from '../../key-index/errors.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import {
  published,
  type ListedResource,
  type ResourceDescription,
  type ResourceName,
} from '../../domain/resource.ts'
import type { IndexState, KeyIndex } from '../../replication/ports.ts'
import { countOwed } from '../../replication/sets/due-sets.ts'
import type { LiveRecords } from './feed-status.ts'

export async function countLive(
  index: Pick<KeyIndex, 'entries'>,
  resources: readonly ResourceDescription[],
  signal: AbortSignal,
): Promise<LiveRecords> {
  const byResource: Record<ResourceName, number> = {}
  let count = 0
  for (const { name } of resources) {
    let live = 0
    for await (const batch of index.entries(name)) {
      signal.throwIfAborted()
      for (const [, { state }] of batch) if (state !== 'deleted') live += 1
    }
    byResource[name] = live
    count += live
  }
  return { count, why: null, byResource }
}

export interface FeedPosition {
  readonly prefix: string
  readonly generation: number
  readonly clusterId: string
  readonly listed: readonly ListedResource[]
  /** After the last committed transaction. */
  readonly nextOffsets: NextOffsets
}

export interface IndexCounts {
  readonly liveRecords: LiveRecords
  /** By set; none where it is not known. */
  readonly owedSets: ReadonlyMap<ResourceName, number>
}

/** Without a daemon; never a guess. */
export async function countsIn(
  dataDir: string,
  position: FeedPosition,
  signal: AbortSignal,
): Promise<IndexCounts> {
  try {
    const { listed } = position
    const resources = published(listed)
    await using index = await openKeyIndex(dataDir, { resources, mustExist: true }, signal)
    const misfit = whyMisfit(index.state(), position)
    if (misfit !== undefined) return unknown(misfit)
    const liveRecords = await countLive(index, resources, signal)
    const owedSets = new Map<ResourceName, number>()
    for (const parent of listed) {
      for (const set of parent.subresources) {
        owedSets.set(set.name, await countOwed(index, parent, set, signal))
      }
    }
    return { liveRecords, owedSets }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof KeyIndexError) return unknown(error.inShort)
    throw error
  }
}

/** Why an index does not say what the topics say; undefined if it does. */
export function whyMisfit(state: IndexState | null, position: FeedPosition): string | undefined {
  if (state === null) return 'the index in DATA_DIR was never filled'
  const { prefix, generation, clusterId } = state.feed
  const same =
    prefix === position.prefix && generation === position.generation && clusterId === position.clusterId
  if (!same) return 'the index in DATA_DIR is of another feed or generation'
  for (const { name } of published(position.listed)) {
    const ends = position.nextOffsets[name] ?? []
    const behind = ends.some((end, partition) => (state.nextOffsets[name]?.[partition] ?? 0) < end)
    if (behind) return 'the index in DATA_DIR is behind the topics'
  }
  return undefined
}

function unknown(why: string): IndexCounts {
  return { liveRecords: { count: null, why, byResource: {} }, owedSets: new Map() }
}
