/** What `checkpoint show` says: all that the topic `checkpoints` has of a feed, times as ISO 8601 text. */
import { formatInstant, type Instant } from '../../domain/instant.ts'
import type { NextOffsets, PassProgress, SourceIdentity } from '../../domain/pass.ts'
import type { CheckpointLog } from '../../feed/checkpoint-log.ts'
import type { Owner } from '../../feed/state-records.ts'

type Told<T> = { readonly [K in keyof T]: T[K] extends Instant ? string : T[K] }

export interface ShownPass extends Omit<
  PassProgress,
  'startedAt' | 'window' | 'owedSeconds' | 'reconciledAt'
> {
  readonly startedAt: string
  /** When one of its kind was last completed, by the publisher's clock. */
  readonly completedAt: string | null
  readonly window: {
    readonly after: string
    readonly until: string | null
    readonly walkedBefore: number
  } | null
  readonly owedSeconds: readonly string[]
  readonly reconciledAt: string | null
}

export interface CheckpointReport {
  readonly prefix: string
  readonly generation: number
  /** Number of the last committed transaction. */
  readonly seq: number
  readonly source: SourceIdentity | null
  readonly owner: Told<Owner> | null
  readonly watermarks: Readonly<Record<string, string>>
  /** By resource and kind. */
  readonly passes: readonly ShownPass[]
  /** Of every topic of events or rows, without its prefix, by partition. */
  readonly nextOffsets: NextOffsets
  /** Where they began when the generation began. */
  readonly startOffsets: NextOffsets
  /** A topic that was seen to be shorter than that; null if none was. */
  readonly truncation: { readonly topic: string; readonly partition: number; readonly detail: string } | null
}

export function checkpointReport(prefix: string, log: CheckpointLog): CheckpointReport {
  const { owner, ownerAliveAt, truncation, generation, seq, source, nextOffsets, startOffsets } = log
  const { watermarks, passes } = log.state()
  return {
    prefix,
    generation,
    seq,
    source,
    owner:
      owner === undefined
        ? null
        : { ...owner, startedAt: formatInstant(owner.startedAt), aliveAt: formatInstant(ownerAliveAt) },
    watermarks: Object.fromEntries([...watermarks].map(([name, at]) => [name, formatInstant(at)])),
    passes: [...passes].map(([track, progress]) => shown(progress, log.completedAt.get(track))),
    nextOffsets,
    startOffsets,
    truncation:
      truncation === undefined
        ? null
        : { topic: truncation.topic, partition: truncation.partition, detail: truncation.detail },
  }
}

function shown(progress: PassProgress, completedAt: Instant | undefined): ShownPass {
  const { startedAt, window, owedSeconds, reconciledAt, ...rest } = progress
  return {
    ...rest,
    startedAt: formatInstant(startedAt),
    completedAt: completedAt === undefined ? null : formatInstant(completedAt),
    window:
      window === null
        ? null
        : {
            ...window,
            after: formatInstant(window.after),
            until: window.until === null ? null : formatInstant(window.until),
          },
    owedSeconds: owedSeconds.map(formatInstant),
    reconciledAt: reconciledAt === null ? null : formatInstant(reconciledAt),
  }
}
