import type { Millis } from '../../domain/instant.ts'
import type { ResourceName } from '../../domain/resource.ts'
import { subjectName } from '../../events/registry/subject-name.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { laterView, requirePublished, viewFeed, type FeedView } from './feed-view.ts'
import { heldBy, planRound, type Held, type PlannedRound } from './plan-round.ts'
import { readRound } from './read-round.ts'
import type { RebuildOptions } from './rebuild-options.ts'
import type { RebuildWriter, SchemaText } from './writing/writer.ts'

/** A store that is open, and the feed that it is to show. */
export class Rebuild implements AsyncDisposable {
  readonly #options: RebuildOptions
  readonly #writer: RebuildWriter
  readonly #taught = new Set<number>()
  #held: Held
  #view: FeedView

  constructor(options: RebuildOptions, writer: RebuildWriter, held: Held, view: FeedView) {
    this.#options = options
    this.#writer = writer
    this.#held = held
    this.#view = view
  }

  get deleteRetention(): Millis {
    return this.#view.deleteRetention
  }

  /** From wherever it is to the last transaction of the publisher. */
  async catchUp(signal: AbortSignal): Promise<void> {
    this.#view = await viewFeed(this.#options, signal)
    let planned = this.#plan(this.#held)
    await this.#run(planned, signal)
    // Its ends may be those of a process long before this one.
    while (planned.isResumed) {
      this.#view = await viewFeed(this.#options, signal)
      planned = this.#plan(this.#held)
      await this.#run(planned, signal)
    }
  }

  /** From a state that was the last one until a moment ago to the one that is now. */
  async goOn(signal: AbortSignal): Promise<void> {
    const view = await laterView(this.#options, this.#view, signal)
    if (view === undefined) return await this.catchUp(signal)
    this.#view = view
    const { visible } = this.#held
    const current = visible === null ? null : { ...visible, pinnedAt: this.#options.now() }
    await this.#run(this.#plan({ ...this.#held, visible: current }), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
  }

  #plan(held: Held): PlannedRound {
    requirePublished(this.#options.chosen, this.#view)
    return planRound(held, this.#view, this.#options.chosen, this.#options.now())
  }

  async #run(planned: PlannedRound, signal: AbortSignal): Promise<void> {
    const { cluster, names, registry, observer } = this.#options
    const { round, resources, from, isResumed } = planned
    if (!isResumed) {
      const newest = await Promise.all(
        resources.map(async (name) => ({ name, newest: await this.#newestSchema(name, signal) })),
      )
      await this.#writer.begin(round, newest, from)
    }
    observer.roundBegun(planned)
    const reading = {
      cluster,
      names,
      registry,
      writer: this.#writer,
      taught: this.#taught,
      onStaged: observer.staged.bind(observer),
    }
    await readRound(reading, planned, signal)
    this.#requireInTime(planned)
    const { lost } = await this.#writer.finish(observer.waiting.bind(observer))
    const { feed, ends: offsets, pinnedAt } = round
    this.#held = { visible: { feed, offsets, pinnedAt, resources }, staged: null }
    observer.roundFinished(planned, lost)
  }

  /** A key that was read before it was deleted, and whose tombstone was gone when the reading came there, would stay. */
  #requireInTime({ round }: PlannedRound): void {
    const since =
      round.kind === 'catch-up' ? (this.#held.visible?.pinnedAt ?? round.pinnedAt) : round.pinnedAt
    if (this.#options.now() - since <= this.#view.deleteRetention) return
    throw new ListingstreamError(
      'The round took longer than delete.retention.ms of its topics, so that deletes may have been missed. Raise that setting, or rebuild with a faster store; the next run begins the round anew.',
      { code: 'REBUILD_TOO_SLOW', retryable: false, disposition: 'stop' },
    )
  }

  async #newestSchema(name: ResourceName, signal: AbortSignal): Promise<SchemaText | null> {
    const { names, registry, resources } = this.#options
    const resource = resources.find((one) => one.name === name)
    if (resource === undefined) return null
    const subject = subjectName(names.data(resource), resource.events.upserted)
    const latest = await registry.latest(subject, signal)
    return latest === undefined ? null : { id: latest.id, text: latest.schema }
  }
}

/** @throws {StoreError}, and what `viewFeed` throws */
export async function openRebuild(options: RebuildOptions, signal: AbortSignal): Promise<Rebuild> {
  const view = await viewFeed(options, signal)
  // Before a store is touched.
  requirePublished(options.chosen, view)
  await using opened = new AsyncDisposableStack()
  const writer = opened.use(options.makeWriter())
  const held = heldBy(await writer.open())
  opened.move()
  return new Rebuild(options, writer, held, view)
}
