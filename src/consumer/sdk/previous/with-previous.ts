import type { CaughtUp, Change, ChangeOrCaughtUp, Deleted, Upserted } from '../change.ts'
import { changedFields } from './changed-fields.ts'
import type { PreviousEntry, PreviousStore } from './previous-store.ts'

export interface UpsertedWithPrevious<Event = unknown> extends Upserted<Event> {
  /** The event that was handled last; null if there was none, or the record was deleted. */
  readonly before: Event | null
  /**
   * Paths within the content under which `event` differs from `before`, e.g. `standardFields.ListPrice`; lists are one value.
   * Without a `before`: all that have a value.
   */
  readonly changedFields: readonly string[]
}

export interface DeletedWithPrevious<
  UpsertedEvent = unknown,
  DeletedEvent = unknown,
> extends Deleted<DeletedEvent> {
  /** The event that was handled last; null if there was none. */
  readonly before: UpsertedEvent | null
}

/** A change with what was there before it. */
export type ChangeWithPrevious<UpsertedEvent = unknown, DeletedEvent = unknown> =
  | UpsertedWithPrevious<UpsertedEvent>
  | DeletedWithPrevious<UpsertedEvent, DeletedEvent>

interface ChangesWithPrevious<UpsertedEvent, DeletedEvent>
  extends AsyncIterable<ChangeWithPrevious<UpsertedEvent, DeletedEvent> | CaughtUp>, AsyncDisposable {}

type Handler<Handled, Context> = (change: Handled, context: Context) => Promise<void>

/**
 * Gives a loop or a handler what was there before each change, and leaves out what it has handled already.
 *
 * The store is written when a change was handled, that is when the loop asks for the next one or the handler's promise
 * resolves, and before it is acknowledged. So a change that comes again, after a rebalance or a crash, comes again to the
 * loop or the handler only if the process ended between its end and that writing.
 *
 * @param store for one group of readers; another one, which handles the changes for itself, needs its own
 */
export function withPrevious<UpsertedEvent, DeletedEvent>(
  store: PreviousStore,
  changes: AsyncIterable<ChangeOrCaughtUp<UpsertedEvent, DeletedEvent>>,
): ChangesWithPrevious<UpsertedEvent, DeletedEvent>
export function withPrevious<UpsertedEvent, DeletedEvent, Context>(
  store: PreviousStore,
  handler: Handler<ChangeWithPrevious<UpsertedEvent, DeletedEvent>, Context>,
): Handler<Change<UpsertedEvent, DeletedEvent>, Context>
export function withPrevious<UpsertedEvent, DeletedEvent, Context>(
  store: PreviousStore,
  wrapped:
    | AsyncIterable<ChangeOrCaughtUp<UpsertedEvent, DeletedEvent>>
    | Handler<ChangeWithPrevious<UpsertedEvent, DeletedEvent>, Context>,
): ChangesWithPrevious<UpsertedEvent, DeletedEvent> | Handler<Change<UpsertedEvent, DeletedEvent>, Context> {
  const previous = new Previous<UpsertedEvent, DeletedEvent>(store)
  if (typeof wrapped !== 'function') return loop(previous, wrapped)
  return async (change, context) => {
    const found = await previous.of(change)
    if (found === undefined) return
    await wrapped(found.known, context)
    await found.remember()
  }
}

function loop<UpsertedEvent, DeletedEvent>(
  previous: Previous<UpsertedEvent, DeletedEvent>,
  changes: AsyncIterable<ChangeOrCaughtUp<UpsertedEvent, DeletedEvent>> & Partial<AsyncDisposable>,
): ChangesWithPrevious<UpsertedEvent, DeletedEvent> {
  async function* read(): AsyncGenerator<
    ChangeWithPrevious<UpsertedEvent, DeletedEvent> | CaughtUp,
    void,
    undefined
  > {
    for await (const change of changes) {
      if (change.type === 'caught-up') {
        yield change
        continue
      }
      const found = await previous.of(change)
      if (found === undefined) continue
      yield found.known
      await found.remember()
    }
  }
  const reading = read()
  return {
    [Symbol.asyncIterator]: () => reading,
    // What was never begun with does not close what it would have read.
    [Symbol.asyncDispose]: async () => {
      await reading.return()
      await changes[Symbol.asyncDispose]?.()
    },
  }
}

interface Found<UpsertedEvent, DeletedEvent> {
  readonly known: ChangeWithPrevious<UpsertedEvent, DeletedEvent>
  /** That it was handled. */
  readonly remember: () => Promise<void>
}

class Previous<UpsertedEvent, DeletedEvent> {
  readonly #store: PreviousStore

  constructor(store: PreviousStore) {
    this.#store = store
  }

  /** Undefined if it was handled already. */
  async of(
    change: Change<UpsertedEvent, DeletedEvent>,
  ): Promise<Found<UpsertedEvent, DeletedEvent> | undefined> {
    const key = `${change.topic}/${change.key}`
    const entry = await this.#store.get(key)
    if (entry !== undefined && isHandled(change, entry)) return undefined
    // Nobody but this class has written it.
    const before = (entry?.value ?? null) as UpsertedEvent | null
    const remember = (): Promise<void> => this.#store.set(key, entryOf(change, entry))
    if (change.type === 'deleted') return { known: { ...change, before }, remember }
    const fields = changedFields(before, change.event)
    return { known: { ...change, before, changedFields: fields }, remember }
  }
}

function entryOf(change: Change, earlier: PreviousEntry | undefined): PreviousEntry {
  const { topic, partition, nextOffset } = change
  // The source's clock may go back a little: what comes again is told by the latest that it has shown.
  const isLater =
    earlier === undefined || !isSamePlace(change, earlier) || change.observedAt > earlier.observedAt
  const observedAt = isLater ? change.observedAt : earlier.observedAt
  const value = change.type === 'upserted' ? change.event : null
  return { topic, partition, offset: nextOffset - 1, observedAt, value }
}

/**
 * Offsets tell, where they can be compared. A topic that was made anew counts from 0 again, and partitions that were added take
 * keys from others: there only what was seen later is another change.
 */
function isHandled(change: Change, entry: PreviousEntry): boolean {
  if (!isSamePlace(change, entry)) return change.observedAt < entry.observedAt
  return change.offset <= entry.offset && change.observedAt <= entry.observedAt
}

function isSamePlace(change: Change, entry: PreviousEntry): boolean {
  return change.topic === entry.topic && change.partition === entry.partition
}
