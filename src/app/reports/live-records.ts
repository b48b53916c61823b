/** How many records are live, by the key index: from the process that has it, or by who finds it free and up to date. */
import { KeyIndexError } from '../../key-index/errors.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import type { NextOffsets } from '../../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { KeyIndex } from '../../replication/ports.ts'
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
  readonly resources: readonly ResourceDescription[]
  /** After the last committed transaction. */
  readonly nextOffsets: NextOffsets
}

/** Without a daemon; never a guess. */
export async function liveRecordsIn(
  dataDir: string,
  position: FeedPosition,
  signal: AbortSignal,
): Promise<LiveRecords> {
  try {
    const { resources, nextOffsets } = position
    await using index = await openKeyIndex(dataDir, { resources, mustExist: true }, signal)
    const state = index.state()
    if (state === null) return unknown('the index in DATA_DIR was never filled')
    const { prefix, generation, clusterId } = state.feed
    const same =
      prefix === position.prefix && generation === position.generation && clusterId === position.clusterId
    if (!same) {
      return unknown('the index in DATA_DIR is of another feed or generation')
    }
    for (const { name } of resources) {
      const ends = nextOffsets[name] ?? []
      const behind = ends.some((end, partition) => (state.nextOffsets[name]?.[partition] ?? 0) < end)
      if (behind) return unknown('the index in DATA_DIR is behind the topics')
    }
    return await countLive(index, resources, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof KeyIndexError) return unknown(error.inShort)
    throw error
  }
}

function unknown(why: string): LiveRecords {
  return { count: null, why, byResource: {} }
}
