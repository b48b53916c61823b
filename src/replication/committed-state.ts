import type { Instant } from '../domain/instant.ts'
import { trackOf, type PassKind, type PassProgress, type PassTrack } from '../domain/pass.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { FeedState } from '../domain/feed-state.ts'
import type { HoldChanges, KnownHold } from '../domain/hold.ts'
import type { Pause } from '../domain/pause.ts'
import { Pauses } from './pauses.ts'
import { CommittedHolds } from './holds/committed-holds.ts'

/** What is committed of a feed's passes and holds, kept in step with the topics by the one writer there is. */
export class CommittedState {
  readonly #watermarks: Map<ResourceName, Instant>
  readonly #passes: Map<PassTrack, PassProgress>
  readonly generation: number
  readonly holds: CommittedHolds
  readonly pauses: Pauses

  /** @param holds what the topic of holds has */
  constructor(recovered: FeedState, holds: readonly KnownHold[] = []) {
    this.generation = recovered.generation
    this.holds = new CommittedHolds(recovered.generation, holds)
    this.pauses = new Pauses(recovered.pauses ?? [])
    this.#watermarks = new Map(recovered.watermarks)
    this.#passes = new Map(recovered.passes)
  }

  /** R4; undefined before the first snapshot's first checkpoint. */
  watermark(resource: ResourceName): Instant | undefined {
    return this.#watermarks.get(resource)
  }

  lastPass(resource: ResourceName, pass: PassKind): PassProgress | undefined {
    return this.#passes.get(trackOf({ resource, pass }))
  }

  /** A pass that was begun and has not ended: the next one of its kind goes on with it, but not with an operator's approval. */
  interrupted(resource: ResourceName, pass: PassKind): PassProgress | undefined {
    const last = this.lastPass(resource, pass)
    return last?.state === 'running' && last.decidesOn === null ? last : undefined
  }

  /** Whether the generation has a complete base that updates and purges can work on. */
  hasSnapshot(resource: ResourceName): boolean {
    const snapshot = this.lastPass(resource, 'snapshot')
    return snapshot !== undefined && (snapshot.state === 'completed' || !snapshot.initial)
  }

  passes(): readonly PassProgress[] {
    return [...this.#passes.values()]
  }

  watermarks(): ReadonlyMap<ResourceName, Instant> {
    return this.#watermarks
  }

  record(
    progress: PassProgress,
    watermark: Instant | null,
    holds?: HoldChanges,
    pauses?: readonly Pause[],
  ): void {
    this.#passes.set(trackOf(progress), progress)
    if (watermark !== null) this.#watermarks.set(progress.resource, watermark)
    if (holds !== undefined) this.holds.record(holds)
    if (pauses !== undefined) this.pauses.record(pauses)
  }
}
