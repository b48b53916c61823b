import type { StandingHold } from '../domain/hold.ts'
import type { PassId, PassKind, PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import { isSubresource, type ListedResource, type Replicated, type ResourceName } from '../domain/resource.ts'
import { SerialQueue } from '../support/serial-queue.ts'
import type { Feed } from './feed.ts'
import { approveHold, type Approval } from './holds/approve-hold.ts'
import { rejectHold } from './holds/reject-hold.ts'
import type { WalkTurns } from './ports.ts'
import { runPurge, type PurgeOptions, type PurgeResult } from './purge.ts'
import { runRepublish, type RepublishResult } from './republish.ts'
import { runSets, type SetsOptions, type UnreadSets } from './sets/sets-pass.ts'
import { runRetry, runSnapshot, runUpdate, type RetryResult } from './records-pass.ts'

/** How a pass ended; a failed one throws. */
export interface PassResult {
  readonly progress: PassProgress
  /** Only for a purge. */
  readonly purge: PurgeResult | undefined
  /** Only for a pass that retried dead letters. */
  readonly letters: RetryResult['letters'] | undefined
  /** Only for a pass of sets. */
  readonly unread: UnreadSets | undefined
  /** Only for a republish. */
  readonly republished: Pick<RepublishResult, 'fates' | 'left'> | undefined
  /** Records that the guard holds by this pass, or still after an approval (R10). */
  readonly heldRecords: HeldRecords | undefined
}

interface HeldRecords {
  readonly standing: StandingHold
  readonly why: string
}

export interface PassOptions extends PurgeOptions, SetsOptions {
  /** Of a snapshot or an update: keys that have a dead letter, to be asked for again. */
  readonly retry: undefined | readonly RecordKey[]
  /** Told when the passes before it have ended. Until then the signal's abort makes it never begin. */
  readonly onBegin: () => void
}

const PLAIN_RESULT = {
  purge: undefined,
  letters: undefined,
  unread: undefined,
  republished: undefined,
  heldRecords: undefined,
} as const

/** A pass of which nobody wants anything particular. */
export const PLAIN_PASS: PassOptions = {
  dryRun: false,
  examine: undefined,
  fresh: false,
  approveUpTo: undefined,
  compare: undefined,
  republish: 'left',
  retry: undefined,
  onDemand: false,
  onBegin: () => undefined,
}

const UNBOUNDED: WalkTurns = { run: (work) => work() }

/** Of records: the sets of a record are asked for by its key, or along a walk that counts by itself. */
function isFullWalk(resource: Replicated, pass: PassKind): boolean {
  return !isSubresource(resource) && (pass === 'snapshot' || pass === 'purge')
}

/** What stands around each pass, from when its turn has come until it has ended. */
export type SurroundPass = (
  resource: Replicated,
  pass: PassKind,
  run: () => Promise<PassResult>,
) => Promise<PassResult>

export interface RunnerOptions {
  /** Of the process. @default as many as come */
  readonly walks?: WalkTurns | undefined
  /** @default nothing */
  readonly surround?: SurroundPass | undefined
}

/** Of one resource. */
interface Queues {
  readonly updates: SerialQueue
  readonly walks: SerialQueue
  readonly republishes: SerialQueue
}

/**
 * Runs the passes of one feed. Updates and republishes go on beside a long snapshot or purge; two passes of one kind, or a
 * snapshot and a purge, wait for each other, and nothing waits for another resource.
 */
export class FeedRunner {
  readonly feed: Feed
  readonly #walks: WalkTurns
  readonly #queues = new Map<ResourceName, Queues>()

  readonly #surround: SurroundPass

  constructor(
    feed: Feed,
    { walks = UNBOUNDED, surround = (_resource, _pass, run) => run() }: RunnerOptions = {},
  ) {
    this.feed = feed
    this.#walks = walks
    this.#surround = surround
  }

  run(resource: Replicated, pass: PassKind, options: PassOptions, signal: AbortSignal): Promise<PassResult> {
    const turns = isFullWalk(resource, pass) ? this.#walks : UNBOUNDED
    const run = async (): Promise<PassResult> => {
      signal.throwIfAborted()
      options.onBegin()
      return await this.#surround(resource, pass, () => this.#runNow(resource, pass, options, signal))
    }
    return this.#queueOf(resource, pass).run(() => turns.run(run, signal), signal)
  }

  async #runNow(
    resource: Replicated,
    pass: PassKind,
    options: PassOptions,
    signal: AbortSignal,
  ): Promise<PassResult> {
    await this.feed.metadata.refresh(resource, signal)
    if (isSubresource(resource)) {
      return { ...PLAIN_RESULT, ...(await runSets(this.feed, resource, pass, options, signal)) }
    }
    if (pass === 'purge') {
      const purge = await runPurge(this.feed, resource, options, signal)
      return this.#ended({ ...PLAIN_RESULT, progress: purge.progress, purge })
    }
    if (pass === 'republish') {
      const { progress, ...republished } = await runRepublish(this.feed, resource, options.republish, signal)
      return { ...PLAIN_RESULT, progress, republished }
    }
    if (options.retry !== undefined) {
      const retried = await runRetry(this.feed, resource, pass, options.retry, signal)
      return this.#ended({ ...PLAIN_RESULT, ...retried })
    }
    const runRecords = pass === 'snapshot' ? runSnapshot : runUpdate
    return this.#ended({ ...PLAIN_RESULT, progress: await runRecords(this.feed, resource, signal) })
  }

  /** What an operator lets go, in the turn of the kind of pass that found it. `onBegin`: see `PassOptions`. */
  approveHold(
    resource: ListedResource,
    approval: Approval,
    onBegin: PassOptions['onBegin'],
    signal: AbortSignal,
  ): Promise<PassResult> {
    return this.#queueOfHold(resource, approval.sweep).run(async () => {
      signal.throwIfAborted()
      onBegin()
      const { heldBecause, ...result } = await approveHold(this.feed, resource, approval, signal)
      return this.#ended({ ...PLAIN_RESULT, ...result }, heldBecause)
    }, signal)
  }

  /** The end of a hold that an operator does not want, in the same turn. */
  rejectHold(
    resource: ListedResource,
    sweep: PassId,
    onBegin: PassOptions['onBegin'],
    signal: AbortSignal,
  ): Promise<StandingHold> {
    return this.#queueOfHold(resource, sweep).run(async () => {
      signal.throwIfAborted()
      onBegin()
      return await rejectHold(this.feed, resource, sweep, signal)
    }, signal)
  }

  /** Resolves when no pass runs, and nothing is being committed beside them: then the feed may be closed. */
  async idle(): Promise<void> {
    const queues = [...this.#queues.values()].flatMap((ofResource) => Object.values(ofResource))
    await Promise.all(queues.map((queue) => queue.idle()))
    await this.feed.committer.idle()
  }

  #queueOf(resource: Replicated, pass: PassKind): SerialQueue {
    const { updates, walks, republishes } = this.#queuesOf(resource)
    // Two passes of sets would ask for the same ones.
    if (isSubresource(resource)) return walks
    switch (pass) {
      case 'update':
        return updates
      case 'republish':
        return republishes
      case 'snapshot':
      case 'purge':
        return walks
    }
  }

  /** @param why the guard holds records, if it is not what the hold itself says */
  #ended(result: PassResult, why: string | null = null): PassResult {
    const { resource, pass, state, reread } = result.progress
    const standing = this.feed.state.holds.standingRecords(resource, pass)
    if (state !== 'held' || reread.held === 0 || standing === undefined) return result
    return { ...result, heldRecords: { standing, why: why ?? standing.hold.why } }
  }

  /** Of one that does not stand: whoever decides on it is told so there. */
  #queueOfHold(resource: ListedResource, id: PassId): SerialQueue {
    const { updates, walks } = this.#queuesOf(resource)
    const standing = this.feed.state.holds.all(resource.name).find(({ hold }) => hold.passId === id)
    return standing?.hold.pass === 'update' ? updates : walks
  }

  #queuesOf({ name }: Replicated): Queues {
    const queues = this.#queues.get(name) ?? {
      updates: new SerialQueue(),
      walks: new SerialQueue(),
      republishes: new SerialQueue(),
    }
    this.#queues.set(name, queues)
    return queues
  }
}
