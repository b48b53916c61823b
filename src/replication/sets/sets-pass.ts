/** The passes of a set of parts, e.g. the photos of each listing: they ask for what is owed, and publish what differs. */
import { instant, type Instant } from '../../domain/instant.ts'
import type { PassKind, PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import { purposeOfSets, type RequestPurpose } from '../../domain/request-purpose.ts'
import type { Subresource } from '../../domain/resource.ts'
import { waitAfter, type Backoff } from '../../support/backoff.ts'
import { InvariantViolation, type ListingstreamError } from '../../support/errors.ts'
import type { Feed } from '../feed.ts'
import type { SetsPlace } from '../page-committer.ts'
import { requireBase } from '../pass-base.ts'
import type { SetAnswer } from '../ports.ts'
import { begun, ended, PLAIN_BEGINNING, total, withMissed, withOutcomes } from '../progress.ts'
import {
  isLeft,
  nothingLeft,
  settleInterrupted,
  type RepublishResult,
  type RepublishSelection,
} from '../republish.ts'
import { startMarkers } from '../walk.ts'
import type { SeenSet } from './classify-sets.ts'
import { countDue, dueSets, type DueSet, type SetBatch, type SetsWanted } from './due-sets.ts'
import { SetsRepublish } from './sets-republish.ts'
import type { SetsToLookAt } from './sets-to-look-at.ts'

/** Sets of one transaction: a set may be two hundred photos (R14). */
const SETS_PER_TRANSACTION = 50

/** So many sets that fail in a row for the first time are no single set's trouble, but the source's. */
const FAILED_IN_A_ROW = 5
/** Of what the source could not answer for one record. */
const RETRY: Backoff = { baseMs: 60_000, capMs: 3_600_000 }
/** The purge, or the next update, says what has become of a record that the source does not show. */
const MISSING_AGAIN_MS = 3_600_000
const REFUSED_AGAIN_MS = 24 * 3_600_000

export interface SetsOptions {
  /** Somebody asked for the pass: what was refused, failed or was not shown a short time ago does not wait. */
  readonly onDemand: boolean
  /** Of a republish. */
  readonly republish: RepublishSelection
}

/** Sets that a pass was to read and could not, by reason: they are asked for again. */
export type UnreadSets = Readonly<Record<Exclude<SetAnswer['kind'], 'found'>, number>>

const NOTHING_UNREAD: UnreadSets = { missing: 0, refused: 0, failed: 0 }

export interface SetsResult {
  readonly progress: PassProgress
  readonly unread: UnreadSets
  /** Only of a republish. */
  readonly republished: Pick<RepublishResult, 'fates' | 'left'> | undefined
}

/**
 * `update`: what is owed. `snapshot`: the first time the same, so that a resumed one goes on with what is left; later all
 * sets, compared by content. `republish`: those that are chosen, published though they say the same.
 *
 * @throws {ListingstreamError} see `requireBase`
 */
export async function runSets(
  feed: Feed,
  set: Subresource,
  pass: PassKind,
  { onDemand, republish }: SetsOptions,
  signal: AbortSignal,
): Promise<SetsResult> {
  requireBase(feed.state, set, pass)
  const parent = feed.resources.find(({ name }) => name === set.parent)
  if (parent === undefined) throw new InvariantViolation(`${set.parent} is not replicated.`)
  const toLookAt = feed.sets.of(set)
  if (onDemand) toLookAt.askAgain(feed.clock.now())
  if (pass === 'republish') await settleInterrupted(feed, set, republish, signal)
  if (pass === 'republish' && republish === 'left' && !isLeft(feed.state, set)) {
    const { progress, ...republished } = nothingLeft(feed.state, set)
    return { progress, unread: NOTHING_UNREAD, republished }
  }
  const below = feed.state.interrupted(set.name, pass)?.sweepOffsets ?? feed.publisher.nextOffsets(set.name)
  const again = pass === 'republish' ? new SetsRepublish(republish, below) : undefined
  const run = new SetsPass(feed, { parent, set }, pass, toLookAt, again)
  try {
    const progress = await run.run(signal)
    const republished = await again?.result(feed.index, set, progress)
    return { progress, unread: run.unread, republished }
  } catch (error) {
    // Whatever was not come to is still owed.
    toLookAt.noteAll()
    throw error
  }
}

class SetsPass {
  readonly #feed: Feed
  readonly #place: SetsPlace
  readonly #pass: PassKind
  readonly #toLookAt: SetsToLookAt
  readonly #republish: SetsRepublish | undefined
  readonly #purpose: RequestPurpose
  readonly #initial: boolean
  readonly #begunAt: Instant
  #progress: PassProgress | undefined
  #failedInARow = 0
  readonly #unread = { ...NOTHING_UNREAD }
  /** Of sets that are left alone. */
  #refusal: ListingstreamError | undefined

  constructor(
    feed: Feed,
    place: SetsPlace,
    pass: PassKind,
    toLookAt: SetsToLookAt,
    republish: SetsRepublish | undefined,
  ) {
    const { name } = place.set
    this.#feed = feed
    this.#place = place
    this.#pass = pass
    this.#toLookAt = toLookAt
    this.#republish = republish
    this.#purpose = purposeOfSets(pass)
    this.#progress = feed.state.interrupted(name, pass)
    this.#initial = this.#progress?.initial ?? (pass === 'snapshot' && !feed.state.hasSnapshot(name))
    this.#begunAt = feed.clock.now()
    if (this.#progress !== undefined) feed.observer.passStarted(this.#progress, true)
  }

  get unread(): UnreadSets {
    return { ...this.#unread }
  }

  async run(signal: AbortSignal): Promise<PassProgress> {
    const { parent, set } = this.#place
    const { index, observer } = this.#feed
    const wanted = this.#wanted()
    const due = await countDue(index, parent, set, wanted, signal)
    observer.setsOwed(set.name, due, this.#progress?.walked ?? 0)
    for await (const batch of dueSets(index, parent, set, wanted)) {
      signal.throwIfAborted()
      this.#readAgain(batch.later)
      if (batch.orphans.length > 0) await this.#dropOrphans(batch.orphans, signal)
      if (batch.expired.length > 0) await this.#forget(batch.expired, signal)
      await this.#fetch(batch.due, signal)
    }
    const owed = { ...wanted, keys: 'all', readBefore: undefined, publishedBelow: undefined } as const
    const { missing, refused, failed } = this.#unread
    const left = missing + refused + failed === 0 ? 0 : await countDue(index, parent, set, owed, signal)
    observer.setsOwed(set.name, left, this.#progress?.walked ?? 0)
    return this.#end(left, signal)
  }

  #wanted(): SetsWanted {
    const { overlap, serverClock, deleteRetention } = this.#feed
    const deletedBefore = instant(this.#begunAt - deleteRetention)
    const now = instant(Math.round(this.#begunAt + serverClock.ahead(this.#begunAt)))
    if (this.#republish !== undefined) {
      const { keys, below } = this.#republish
      return { keys, readBefore: undefined, publishedBelow: below, deletedBefore, now, overlap }
    }
    const keys = this.#toLookAt.take(this.#begunAt)
    if (this.#pass === 'update') return { keys, readBefore: undefined, deletedBefore, now, overlap }
    // When a set was read is said by the source's clock, too.
    const readBefore = this.#initial ? undefined : (this.#progress?.startedAt ?? now)
    return { keys: 'all', readBefore, deletedBefore, now, overlap }
  }

  /** @param sets and when, by the source's clock */
  #readAgain(sets: Iterable<readonly [RecordKey, Instant]>): void {
    const { clock, serverClock } = this.#feed
    const ahead = serverClock.ahead(clock.now())
    for (const [key, at] of sets) this.#toLookAt.noteAt(key, instant(Math.round(at - ahead)))
  }

  /** Without those of MLSs that refuse them, and those that failed a short time ago. */
  #allowed(due: readonly DueSet[]): readonly DueSet[] {
    const now = this.#feed.clock.now()
    return due.filter(({ key, mlsId }) => {
      const isRefused = this.#isLeftAlone(mlsId)
      if (isRefused) this.#countUnread(key, 'refused')
      const isWaiting = !isRefused && this.#toLookAt.isWaiting(key, now)
      if (isWaiting) this.#countUnread(key, 'failed')
      return !isRefused && !isWaiting
    })
  }

  #isLeftAlone(mlsId: string | null): boolean {
    const leftAlone = this.#toLookAt.refusals.leftAlone(mlsId, this.#feed.clock.now())
    if (leftAlone === undefined) return false
    this.#toLookAt.noteAllAt(leftAlone.until)
    this.#refusal = leftAlone.error
    return true
  }

  async #fetch(due: readonly DueSet[], signal: AbortSignal): Promise<void> {
    for (let left = this.#allowed(due); left.length > 0;) left = this.#allowed(await this.#ask(left, signal))
  }

  /** Answers those that were not come to, because an MLS turned out to refuse its sets. */
  async #ask(due: readonly DueSet[], signal: AbortSignal): Promise<readonly DueSet[]> {
    const asked = new Map(due.map((one) => [one.key, one]))
    const request = { ...this.#place, keys: [...asked.keys()], purpose: this.#purpose }
    let isRefused = false
    let seen: SeenSet[] = []
    for await (const answer of this.#feed.source.sets(request, signal)) {
      const one = asked.get(answer.key)
      if (one === undefined) continue
      asked.delete(answer.key)
      if (answer.kind !== 'found') {
        this.#notRead(one, answer)
        isRefused = this.#isLeftAlone(one.mlsId)
        if (isRefused) break
        continue
      }
      this.#read(one)
      const { serverDate, receivedAt, parts, request: number } = answer
      const observedAt = this.#feed.serverClock.observed(serverDate, receivedAt)
      this.#begin(observedAt)
      seen.push({ ...one, parts, request: number, observedAt })
      if (seen.length < SETS_PER_TRANSACTION) continue
      await this.#commit(seen, signal)
      seen = []
    }
    if (seen.length > 0) await this.#commit(seen, signal)
    return isRefused ? [...asked.values()] : []
  }

  #read({ key, mlsId }: DueSet): void {
    const { observer } = this.#feed
    this.#failedInARow = 0
    this.#toLookAt.succeeded(key)
    if (this.#toLookAt.refusals.answered(mlsId)) observer.setsRefused(this.#place.set.name, mlsId, null)
  }

  #notRead({ key, mlsId }: DueSet, answer: Exclude<SetAnswer, { kind: 'found' }>): void {
    const { clock, observer, random } = this.#feed
    const now = clock.now()
    this.#countUnread(key, answer.kind)
    switch (answer.kind) {
      case 'missing':
        this.#toLookAt.noteAt(key, instant(now + MISSING_AGAIN_MS))
        break
      case 'refused':
        this.#toLookAt.noteAt(key, instant(now + REFUSED_AGAIN_MS))
        if (this.#toLookAt.refusals.refused(mlsId, answer.error, now)) {
          observer.setsRefused(this.#place.set.name, mlsId, answer.error)
        }
        break
      case 'failed': {
        const failures = this.#toLookAt.failed(key)
        const wait = waitAfter(RETRY, failures - 1, answer.error.retryAfterMs, random)
        this.#toLookAt.noteAt(key, instant(Math.round(now + wait)))
        if (failures === 1) this.#failedInARow += 1
        if (this.#failedInARow >= FAILED_IN_A_ROW) throw answer.error
        break
      }
    }
  }

  #countUnread(key: RecordKey, why: keyof UnreadSets): void {
    this.#unread[why] += 1
    this.#republish?.unread(key, why)
  }

  async #commit(seen: readonly SeenSet[], signal: AbortSignal): Promise<void> {
    const before = this.#begin(this.#begunAt)
    const outOfTurn = new Set(seen.filter((one) => one.outOfTurn).map(({ key }) => key))
    const { progress, askAgain, decided } = await this.#feed.committer.commitSets(
      this.#place,
      seen,
      { initial: before.initial, republishBelow: this.#republish?.below },
      (counts, published) => {
        const missed = published.filter((key) => outOfTurn.has(key)).length
        const read = countedMissed(withOutcomes(before, counts), missed)
        const next = { ...read, page: before.page + 1, walked: before.walked + total(counts) }
        return { progress: next, watermark: null, markers: startMarkers(this.#feed.state, next) }
      },
      signal,
    )
    this.#progress = progress
    this.#republish?.decided(decided)
    this.#readAgain(askAgain)
  }

  async #dropOrphans(keys: readonly RecordKey[], signal: AbortSignal): Promise<void> {
    const before = this.#begin(this.#begunAt)
    const next = { ...before, page: before.page + 1 }
    const commitment = { progress: next, watermark: null, markers: startMarkers(this.#feed.state, next) }
    this.#progress = await this.#feed.committer.commitOrphans(this.#place, keys, commitment, signal)
  }

  /** Those of records that are still remembered are forgotten with them, by the purge. */
  #forget(expired: SetBatch['expired'], signal: AbortSignal): Promise<void> {
    return this.#feed.committer.forget({ ...this.#place.set, subresources: [] }, expired, signal)
  }

  /** The pass as it stands; it begins with the first set that comes: its pace is told from then on. */
  #begin(startedAt: Instant): PassProgress {
    if (this.#progress !== undefined) return this.#progress
    this.#progress = this.#begun(startedAt)
    this.#feed.observer.passStarted(this.#progress, false)
    return this.#progress
  }

  #begun(startedAt: Instant): PassProgress {
    const resource = this.#place.set.name
    const beginning = begun({
      ...PLAIN_BEGINNING,
      resource,
      pass: this.#pass,
      passId: this.#feed.newPassId(),
      initial: this.#initial,
      startedAt,
      filter: '',
      scope: '',
    })
    return this.#republish?.begun(beginning) ?? beginning
  }

  /** An update that found nothing leaves nothing behind, and neither does a fill of which everything is refused. */
  async #end(owed: number, signal: AbortSignal): Promise<PassProgress> {
    const { committer, observer } = this.#feed
    const { parent, set } = this.#place
    // Whoever waits for the topic is not told that it is there.
    const isRefused = this.#initial && this.#refusal !== undefined && (this.#progress?.walked ?? 0) === 0
    const state = isRefused ? 'failed' : 'completed'
    if (this.#progress === undefined && (isRefused || this.#pass === 'update')) {
      return ended(this.#begun(this.#begunAt), state)
    }
    const progress = this.#begin(this.#begunAt)
    const done = ended(progress, state)
    const detail = this.#detail(owed, parent.name)
    const started = startMarkers(this.#feed.state, progress)
    const markers = [...started, { event: state, progress: done, detail }] as const
    const committed = await committer.commitProgress(
      set,
      { progress: done, watermark: null, markers },
      signal,
    )
    observer.passEnded(committed, detail)
    return committed
  }

  #detail(owed: number, parent: string): string | null {
    if (owed === 0) return null
    const why = this.#refusal === undefined ? '' : ` ${this.#refusal.message}`
    return `The sets of ${owed} ${parent} could not be read and are asked for again later.${why}`
  }
}

/** Sets that are other ones under the stamp that they were read under. */
function countedMissed(progress: PassProgress, missed: number): PassProgress {
  return missed === 0 ? progress : withMissed(progress, { same_stamp: missed })
}
