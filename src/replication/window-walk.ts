/**
 * Reads an update's window in slices of time, each a complete walk (R7). One that the source cannot show is cut in halves;
 * the single second that it cannot show even so is owed: later updates ask for it again.
 */
import { DATA_FAILED, FILTER_TOO_SLOW, TOO_SLOW } from '../domain/error-codes.ts'
import type { Instant, Millis } from '../domain/instant.ts'
import type { PassId, PassProgress, SliceProgress, TimeSlice } from '../domain/pass.ts'
import { purposeOf } from '../domain/request-purpose.ts'
import type { ListedResource } from '../domain/resource.ts'
import { hasCode, InvariantViolation, type ListingstreamError } from '../support/errors.ts'
import type { Feed } from './feed.ts'
import { IncompleteWalkError } from './pass-errors.ts'
import { inSlice, PLAIN_BEGINNING } from './progress.ts'
import { firstHalf, firstSlice, secondOf, sliceBehind, sliceOfSecond, type Cuts } from './time-slices.ts'
import { dropWalk, startMarkers, walkAndCheck, type CommitPage } from './walk.ts'
import { sliceFilter } from './window.ts'

/** More owed seconds than this are no matter of single records: the source is down for updates. */
const MOST_OWED = 1_000

/** Owed seconds that one update asks for again: each that fails costs some requests and seconds. They take turns. */
const MOST_RETRIED = 10

export interface WindowPlan {
  readonly resource: ListedResource
  /** Where the window begins, exclusive (R4). */
  readonly after: Instant
  /** How far behind the watermark that is. */
  readonly overlap: Millis
  /** What earlier updates left. */
  readonly owedSeconds: readonly Instant[]
  readonly passId: PassId
  /** An interrupted pass to go on with, in its slice. */
  readonly interrupted: PassProgress | undefined
  readonly commit: CommitPage
  /** Publishes what the slice's walk left to be asked again: its ledger does not outlive it. */
  readonly settle: (progress: PassProgress) => Promise<PassProgress>
}

/** Answers when every slice was walked to its end, and every second that could not be is owed. */
export async function walkWindow(feed: Feed, plan: WindowPlan, signal: AbortSignal): Promise<PassProgress> {
  const { interrupted } = plan
  if (interrupted !== undefined) feed.observer.passStarted(interrupted, true)
  return new WindowWalk(feed, plan, signal).run()
}

class WindowWalk {
  readonly #feed: Feed
  readonly #plan: WindowPlan
  readonly #signal: AbortSignal
  /** Undefined until a page has come. */
  #progress: PassProgress | undefined
  #owed: readonly Instant[]

  constructor(feed: Feed, plan: WindowPlan, signal: AbortSignal) {
    this.#feed = feed
    this.#plan = plan
    this.#signal = signal
    this.#progress = plan.interrupted
    this.#owed = plan.interrupted?.owedSeconds ?? plan.owedSeconds
  }

  async run(): Promise<PassProgress> {
    const due = this.#owed.slice(0, MOST_RETRIED)
    const current = this.#progress?.window ?? null
    const second = current === null ? null : current.until
    // Owed seconds come last: a pass that stands in one of them has read its window.
    if (second !== null && this.#owed.includes(second)) await this.#retry(second)
    else await this.#readWindow(current ?? undefined)
    for (const one of due) if (one !== second) await this.#retry(one)
    if (this.#progress === undefined) throw new InvariantViolation('A window was read without a page.')
    return this.#progress
  }

  async #readWindow(from: TimeSlice | undefined): Promise<void> {
    let slice = from ?? this.#firstSlice()
    /** Up to here lies what the source stumbles over. */
    let suspect: Instant | undefined
    for (;;) {
      const failure = await this.#read(slice)
      const now = this.#now()
      if (failure === undefined) {
        const { after, until } = slice
        if (until === null) return
        const rest = suspect !== undefined && until < suspect ? { after: until, until: suspect } : undefined
        if (rest === undefined) slice = sliceBehind(after, until, this.#cuts())
        else slice = firstHalf(rest, now) ?? rest
        await this.#goOnWith(slice)
        continue
      }
      await this.#requireWitness(failure)
      // What took too long may be short enough in each of two halves.
      suspect = hasCode(failure, DATA_FAILED) ? (slice.until ?? secondOf(now)) : undefined
      slice = firstHalf(slice, now) ?? this.#owe(slice, failure)
      await this.#beginAnew(slice)
    }
  }

  /** In one piece if an earlier version left it so, in the middle of its walk. */
  #firstSlice(): TimeSlice {
    const { after } = this.#plan
    return this.#progress === undefined
      ? firstSlice(after, this.#cuts())
      : { after: secondOf(after), until: null }
  }

  /**
   * Walks a slice, from its beginning or from where the pass stands in it.
   *
   * @returns why the source cannot show it, if a smaller one may do
   */
  async #read(slice: TimeSlice): Promise<ListingstreamError | undefined> {
    const { resource, passId, overlap, commit } = this.#plan
    const begin = {
      ...PLAIN_BEGINNING,
      pass: 'update',
      passId,
      initial: false,
      window: { ...slice, walkedBefore: 0, knownBefore: 0 },
      owedSeconds: this.#owed,
      overlap,
    } as const
    const filter = sliceFilter(resource, slice)
    try {
      await walkAndCheck(
        this.#feed,
        { resource, select: 'everything', filter, interrupted: this.#progress, begin },
        async (walked) => (this.#progress = await commit(walked)),
        this.#signal,
      )
      return undefined
    } catch (error) {
      if (!isOfSlice(error)) throw error
      return error
    }
  }

  /** Whatever of it cannot be shown, or not wholly: the window is read, and does not wait for it. */
  async #retry(second: Instant): Promise<void> {
    const slice = sliceOfSecond(second)
    if (this.#progress?.window?.until !== second) await this.#goOnWith(slice)
    const isRead = await this.#isRead(slice)
    const others = this.#owed.filter((one) => one !== second)
    this.#owed = isRead ? others : [...others, second]
    if (this.#progress !== undefined) this.#progress = { ...this.#progress, owedSeconds: this.#owed }
  }

  async #isRead(slice: TimeSlice): Promise<boolean> {
    try {
      return (await this.#read(slice)) === undefined
    } catch (error) {
      if (error instanceof IncompleteWalkError) return false
      throw error
    }
  }

  /** From a slice that is behind: a checkpoint says so before its ledger goes, so that a killed pass does not walk it again. */
  async #goOnWith(slice: TimeSlice): Promise<void> {
    if (this.#progress === undefined) return
    const { committer, index, state } = this.#feed
    const { resource, settle } = this.#plan
    const settled = await settle(this.#progress)
    const { walked: walkedBefore, reread } = settled
    const progress = this.#at(settled, { ...slice, walkedBefore, knownBefore: reread.known })
    const markers = startMarkers(state, progress)
    this.#progress = await committer.commitProgress(
      resource,
      { progress, watermark: null, markers },
      this.#signal,
    )
    await dropWalk(index.ledger, progress)
  }

  /** From one that could not be read to its end: what it has shown is shown again. */
  async #beginAnew(slice: TimeSlice): Promise<void> {
    if (this.#progress === undefined) return
    await dropWalk(this.#feed.index.ledger, this.#progress)
    const { walkedBefore = 0, knownBefore = 0 } = this.#progress.window ?? {}
    this.#progress = this.#at(this.#progress, { ...slice, walkedBefore, knownBefore })
  }

  #at(progress: PassProgress, slice: SliceProgress): PassProgress {
    const filter = sliceFilter(this.#plan.resource, slice)
    return { ...inSlice(progress, slice, filter), owedSeconds: this.#owed }
  }

  /** @returns what comes behind it */
  #owe({ after, until }: TimeSlice, failure: ListingstreamError): TimeSlice {
    if (until === null || this.#owed.length >= MOST_OWED) throw failure
    this.#owed = [...this.#owed, until]
    return sliceBehind(after, until, this.#cuts())
  }

  /**
   * That the source shows a slice in which there is nothing yet: where it fails with that too, it is down, and no second is
   * to blame (R8).
   *
   * @throws {ListingstreamError} the failure of the slice if it does not
   */
  async #requireWitness(failure: ListingstreamError): Promise<void> {
    const { resource } = this.#plan
    const filter = sliceFilter(resource, { after: secondOf(this.#now()), until: null })
    const request = {
      resource,
      select: 'everything',
      filter,
      purpose: purposeOf('update'),
      token: '',
    } as const
    try {
      for await (const _page of this.#feed.source.walk(request, this.#signal)) return
    } catch (error) {
      throw isOfSlice(error) ? failure : error
    }
  }

  #cuts(): Cuts {
    return { now: this.#now(), owed: this.#owed }
  }

  /** By the source's clock, as most signs tell it. */
  #now(): Instant {
    const { clock, serverClock } = this.#feed
    return serverClock.observed(null, clock.now())
  }
}

/** A failure that may be of what was asked for, and not of the source. */
function isOfSlice(error: unknown): error is ListingstreamError {
  return [DATA_FAILED, FILTER_TOO_SLOW, TOO_SLOW].some((code) => hasCode(error, code))
}
