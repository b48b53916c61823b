import type { ListedResource, ResourceDescription } from '../../domain/resource.ts'
import { rebuild, rebuildAndFollow } from '../../consumer/rebuild/rebuild.ts'
import type { PlannedRound } from '../../consumer/rebuild/plan-round.ts'
import type { RebuildObserver } from '../../consumer/rebuild/rebuild-options.ts'
import type { RebuiltResource } from '../../consumer/rebuild/rebuilt-resource.ts'
import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'
import { ThreadedWriter } from '../../consumer/rebuild/writing/threaded-writer.ts'
import { RESOURCES, SUBRESOURCES } from '../../resources/index.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import { now } from '../compose/system-clock.ts'

export interface RebuildStoreOptions {
  readonly target: StoreTarget
  /** Null: all that the feed publishes. */
  readonly resources: readonly ResourceDescription[] | null
  /** Goes on with every later transaction until the signal aborts. */
  readonly follow: boolean
  readonly observer: RebuildObserver
}

/** What was done until the store was up to date, or, if it followed, until it was stopped. */
export interface RebuildReport {
  /** Names of the resources whose tables the store has. */
  readonly resources: readonly string[]
  /** Records that were read. */
  readonly records: number
  readonly seconds: number
}

/**
 * A feed's topics into a store: `listingstream rebuild`, without its words. A store that was up to date once and then followed
 * until the signal aborted is no failure.
 *
 * @throws {StoreError} and what reading the topics throws; the signal's reason where the store is not up to date
 */
export async function rebuildStore(
  { cluster, names, registry, log }: FeedReader,
  { target, resources, follow, observer }: RebuildStoreOptions,
  signal: AbortSignal,
): Promise<RebuildReport> {
  const sources = rebuiltResources()
  const tally = new Tally()
  const options = {
    cluster,
    names,
    registry,
    log,
    resources: sources.map(({ resource }) => resource),
    chosen: resources === null ? null : resources.map(({ name }) => name),
    makeWriter: () => new ThreadedWriter({ target, sources }),
    now,
    observer: tally.beside(observer),
  }
  try {
    await (follow ? rebuildAndFollow(options, signal) : rebuild(options, signal))
  } catch (error) {
    if (!follow || !signal.aborted || tally.finished === null) throw error
  }
  return tally.report()
}

class Tally {
  finished: PlannedRound | null = null
  readonly #begunAt = performance.now()
  #records = 0

  beside(observer: RebuildObserver): RebuildObserver {
    return {
      roundBegun: (planned) => observer.roundBegun(planned),
      staged: (resource, staged, reached) => {
        this.#records += staged.records
        observer.staged(resource, staged, reached)
      },
      waiting: (waitingFor) => observer.waiting(waitingFor),
      roundFinished: (planned, lost) => {
        this.finished = planned
        observer.roundFinished(planned, lost)
      },
      failed: (error, retryInMs) => observer.failed(error, retryInMs),
    }
  }

  report(): RebuildReport {
    const seconds = Math.round((performance.now() - this.#begunAt) / 100) / 10
    return { resources: this.finished?.resources ?? [], records: this.#records, seconds }
  }
}

/** All that may have a topic. */
export function rebuiltResources(): readonly RebuiltResource[] {
  const listed: readonly ListedResource[] = RESOURCES
  const sets = SUBRESOURCES.map((resource) => {
    const parent = listed.find(({ name }) => name === resource.parent)
    return { resource, keyColumn: parent?.keyField ?? resource.keyField }
  })
  return [...listed.map((resource) => ({ resource, keyColumn: resource.keyField })), ...sets]
}
