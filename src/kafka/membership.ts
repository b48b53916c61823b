import type { AssignedPartition, PartitionOffset } from './group-member.ts'

/** Which partitions a reader has, and for how long. */
export interface Membership extends AsyncDisposable {
  /** Resolves with the next generation once there is one; the one before must have been disposed of. */
  join(signal: AbortSignal): Promise<Generation>
}

/** The partitions of a reader while nobody shares them out anew. */
export interface Generation extends AsyncDisposable {
  readonly partitions: readonly AssignedPartition[]
  /** Aborts when no more records are to be taken: finish what runs, commit, dispose, join again. */
  readonly revoked: AbortSignal
  /** Aborts when what still runs has to end, since somebody else may begin with it. Never before `revoked`. */
  readonly lost: AbortSignal
  /** False if the group does not take them from this generation any more. Outages are waited out. */
  commit(offsets: readonly PartitionOffset[], signal: AbortSignal): Promise<boolean>
}

/** All partitions of the topics, in no group: nobody takes them away, and nothing is committed. */
export function allPartitions(partitions: readonly AssignedPartition[]): Membership {
  const never = new AbortController().signal
  const nothing = async (): Promise<void> => undefined
  return {
    join: async () => ({
      partitions,
      revoked: never,
      lost: never,
      commit: async () => true,
      [Symbol.asyncDispose]: nothing,
    }),
    [Symbol.asyncDispose]: nothing,
  }
}
