import type { PassProgress, SourceIdentity } from '../listing/pass.ts'
import type { FeedState } from '../replication/ports.ts'

export interface OwnerStatus {
  readonly host: string
  readonly pid: number
  readonly dataDir: string
  readonly aliveAt: string
}

/** What `status` shows, from a daemon's memory or from the topic `checkpoints`. */
export interface FeedStatus {
  readonly prefix: string
  readonly generation: number
  readonly source: SourceIdentity | null
  readonly owner: OwnerStatus | null
  readonly watermarks: Readonly<Record<string, string>>
  readonly passes: readonly PassStatus[]
}

export interface PassStatus extends Omit<PassProgress, 'startedAt'> {
  readonly startedAt: string
}

export function feedStatus(
  prefix: string,
  state: Pick<FeedState, 'generation' | 'source' | 'watermarks' | 'passes'>,
  owner: OwnerStatus | null,
): FeedStatus {
  return {
    prefix,
    generation: state.generation,
    source: state.source,
    owner,
    watermarks: Object.fromEntries([...state.watermarks].map(([name, at]) => [name, iso(at)])),
    passes: [...state.passes.values()].map((progress) => ({
      ...progress,
      startedAt: iso(progress.startedAt),
    })),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
