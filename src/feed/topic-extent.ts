/** Where the data topics begin and end, and whether that is all that the checkpoints speak of (R2). */
import { sleep } from '../support/abort.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import type { NextOffsets } from '../domain/pass.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { CheckpointLog } from './checkpoint-log.ts'
import { TopicTruncatedError } from './feed-errors.ts'
import type { TopicNames } from './topic-names.ts'

/** By topic name without prefix, then by partition. */
export interface TopicExtent {
  /** Log start offsets. */
  readonly startOffsets: NextOffsets
  /** Last stable offsets. */
  readonly nextOffsets: NextOffsets
}

export interface ExtentOptions {
  readonly cluster: KafkaCluster
  readonly names: TopicNames
  readonly resources: readonly ResourceDescription[]
}

export async function extentOfTopics(
  { cluster, names, resources }: ExtentOptions,
  signal: AbortSignal,
): Promise<TopicExtent> {
  const topics = resources.map(({ name }) => name)
  return extentOf(topics, { cluster, names }, signal)
}

/** @param topics without the prefix */
export async function extentOf(
  topics: readonly string[],
  { cluster, names: { prefix } }: Pick<ExtentOptions, 'cluster' | 'names'>,
  signal: AbortSignal,
): Promise<TopicExtent> {
  const startOffsets: Record<string, readonly number[]> = {}
  const nextOffsets: Record<string, readonly number[]> = {}
  for (const name of topics) {
    const offsets = await cluster.topicOffsets(`${prefix}.${name}`, signal)
    startOffsets[name] = offsets.map(({ beginning }) => beginning)
    nextOffsets[name] = offsets.map(({ end }) => end)
  }
  return { startOffsets, nextOffsets }
}

/**
 * A commit is answered before its records are below the last stable offset (docs/kafka.md §2), and without an
 * `InitProducerId` nothing waits for them: so long, what is known to be committed may take to become readable.
 */
const READABLE_WITHIN_MS = 5_000
const POLL_MS = 50

/** As it is once all that is known to be committed can be read, or after five seconds. */
export async function readableExtent(
  options: ExtentOptions,
  known: readonly NextOffsets[],
  signal: AbortSignal,
): Promise<TopicExtent> {
  const deadline = performance.now() + READABLE_WITHIN_MS
  for (;;) {
    const extent = await extentOfTopics(options, signal)
    if (known.every((offsets) => holds(extent, offsets)) || performance.now() > deadline) return extent
    await sleep(POLL_MS, signal)
  }
}

function holds({ nextOffsets }: TopicExtent, known: NextOffsets): boolean {
  return places(known, nextOffsets).every(({ noted, actual }) => noted <= actual)
}

/**
 * Compaction keeps the last record of every key and moves neither end of a topic: where one has moved, records are gone.
 * What a running process has noted counts, too: the records that it had aborted then may reach beyond the checkpoint's.
 * Nothing is asked of topics that are not in the extent.
 *
 * @throws {TopicTruncatedError}
 */
export function requireWhole(
  checkpoint: Pick<CheckpointLog, 'nextOffsets' | 'startOffsets' | 'truncation'>,
  { startOffsets, nextOffsets }: TopicExtent,
  { prefix }: TopicNames,
): void {
  const { truncation } = checkpoint
  const topics = Object.keys(nextOffsets).map((name) => `${prefix}.${name}`)
  if (truncation !== undefined && topics.includes(truncation.topic)) {
    throw new TopicTruncatedError(truncation.topic, truncation.partition, truncation.detail)
  }
  const [lost] = lostPlaces(checkpoint, { startOffsets, nextOffsets })
  if (lost !== undefined) throw new TopicTruncatedError(`${prefix}.${lost.name}`, lost.partition, lost.what)
}

/** Where a topic ends or begins as it cannot have been left, in words. */
export function lostPlaces(
  checkpoint: Pick<CheckpointLog, 'nextOffsets' | 'startOffsets'>,
  { startOffsets, nextOffsets }: TopicExtent,
): readonly { readonly name: string; readonly partition: number; readonly what: string }[] {
  const ends = places(checkpoint.nextOffsets, nextOffsets).filter(({ noted, actual }) => actual < noted)
  const starts = places(checkpoint.startOffsets, startOffsets).filter(({ noted, actual }) => actual > noted)
  return [
    ...ends.map(({ name, partition, noted, actual }) => {
      const what = `ends at offset ${actual}, but the checkpoint was written when it ended at ${noted}`
      return { name, partition, what }
    }),
    ...starts.map(({ name, partition, noted, actual }) => {
      const what = `begins at offset ${actual}, but began at ${noted} when its generation began`
      return { name, partition, what }
    }),
  ]
}

interface NotedPlace {
  /** Of the topic, without its prefix. */
  readonly name: string
  readonly partition: number
  readonly noted: number
  readonly actual: number
}

/** Of the topics in `actual`: each partition of which an offset was noted. */
function places(noted: NextOffsets, actual: NextOffsets): readonly NotedPlace[] {
  return Object.entries(actual).flatMap(([name, offsets]) =>
    (noted[name] ?? []).map((offset, partition) => {
      return { name, partition, noted: offset, actual: offsets[partition] ?? 0 }
    }),
  )
}
