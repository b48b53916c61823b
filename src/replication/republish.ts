/**
 * Publishes records again that have not changed, because an operator asked for it: their event is lost to somebody, or was read
 * by a program that was wrong. What differs by then is published as the change that it is, and by the rules of every pass.
 */
import type { PassProgress } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ListedResource, Replicated } from '../domain/resource.ts'
import { scopeText } from '../domain/scope.ts'
import { InvariantViolation } from '../support/errors.ts'
import { CheckpointPace } from './checkpoint-pace.ts'
import { isBelow, type Decision } from './classify.ts'
import { NO_KEYS } from './classify-page.ts'
import type { CommittedState } from './committed-state.ts'
import type { Feed } from './feed.ts'
import { requireBase } from './pass-base.ts'
import { endAs, endAsFailed } from './pass-end.ts'
import { RepublishUnfinishedError } from './pass-errors.ts'
import type { KeyIndex } from './ports.ts'
import { afterPage, begun, ended, PLAIN_BEGINNING } from './progress.ts'
import { fileForRecheck, publishByKey, publishRechecked, type Republishing } from './publish-by-key.ts'
import { withholdingOf } from './reread/withholding.ts'
import { onWholeLedger } from './resume.ts'
import { startMarkers, walkToEnd, type WalkedPage } from './walk.ts'
import { everythingOf } from './window.ts'

/** What to publish again. `all`: an interrupted one goes on; `left`: that alone, and nothing if there is none. */
export type RepublishSelection = 'all' | 'left' | readonly RecordKey[]

/**
 * What became of a key. `changed`: it was published as a change; `published_meanwhile`: by another pass, since it was asked for;
 * `passed_over`: the source answered with something older than what is published (R6), or of everything with what gained masked
 * fields (R10). Of sets alone: `refused` and `failed`,
 * see `SetAnswer`, and `no_set`: its record is not live, or never had such parts.
 */
export type RepublishFate =
  | 'republished'
  | 'changed'
  | 'published_meanwhile'
  | 'dead_lettered'
  | 'passed_over'
  | 'not_shown'
  | 'refused'
  | 'failed'
  | 'no_set'

/** Live keys that were not published since a republish of everything began. */
export interface KeysLeft {
  readonly count: number
  /** In ascending order, the first of them. */
  readonly keys: readonly RecordKey[]
}

export interface RepublishResult {
  readonly progress: PassProgress
  /** Of the keys that were named, in their order; undefined for everything. */
  readonly fates: ReadonlyMap<RecordKey, RepublishFate> | undefined
  /** Of everything; undefined for certain keys. */
  readonly left: KeysLeft | undefined
}

/**
 * Each key gets one event of the pass, however often it is interrupted: what lies in the topic behind the offsets at which the
 * pass began is published already.
 *
 * @throws {RepublishUnfinishedError} for certain keys, while one of everything is interrupted
 * @throws {ListingstreamError} see `requireBase`
 */
export async function runRepublish(
  feed: Feed,
  resource: ListedResource,
  selection: RepublishSelection,
  signal: AbortSignal,
): Promise<RepublishResult> {
  requireBase(feed.state, resource, 'republish')
  await settleInterrupted(feed, resource, selection, signal)
  if (selection === 'left' && !isLeft(feed.state, resource)) return nothingLeft(feed.state, resource)
  if (typeof selection !== 'string') return await republishKeys(feed, resource, selection, signal)
  try {
    const progress = await republishAll(feed, resource, signal)
    return { progress, fates: undefined, left: await keysLeft(feed.index, resource, progress) }
  } catch (error) {
    await endAsFailed(feed, resource, 'republish', error, signal)
    throw error
  }
}

/**
 * An interrupted one of certain keys is over: whoever names keys names them again.
 *
 * @throws {RepublishUnfinishedError}
 */
export async function settleInterrupted(
  feed: Feed,
  resource: Replicated,
  selection: RepublishSelection,
  signal: AbortSignal,
): Promise<void> {
  const interrupted = feed.state.interrupted(resource.name, 'republish')
  if (interrupted === undefined) return
  if (goesOn(interrupted)) {
    if (typeof selection !== 'string') throw new RepublishUnfinishedError(resource.name)
    return
  }
  const progress = ended(interrupted, 'failed')
  const detail = 'It was interrupted, and whoever asked for its keys has to ask again.'
  const markers = [{ event: 'failed', progress, detail } as const]
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers }, signal)
  await feed.index.ledger.drop(progress.passId)
  feed.observer.passEnded(progress, detail)
}

/** Whether one of everything was interrupted. */
export function isLeft(state: CommittedState, { name }: Pick<Replicated, 'name'>): boolean {
  const interrupted = state.interrupted(name, 'republish')
  return interrupted !== undefined && goesOn(interrupted)
}

/** Somebody else has gone on with it meanwhile. */
export function nothingLeft(state: CommittedState, { name }: Pick<Replicated, 'name'>): RepublishResult {
  const progress = state.lastPass(name, 'republish')
  if (progress === undefined) throw new InvariantViolation(`No republish of ${name} was ever begun.`)
  return { progress, fates: undefined, left: undefined }
}

/** Of everything: one of certain keys has no walk. */
function goesOn({ token }: PassProgress): boolean {
  return token !== null
}

/** What the pass has to say of each key; a later word replaces an earlier one. */
export function fateOf(decision: Decision): RepublishFate {
  switch (decision.outcome) {
    case 'published':
      return decision.change.reason === 'REPUBLISHED' ? 'republished' : 'changed'
    case 'unchanged':
      return decision.entry.state === 'dead_lettered' ? 'dead_lettered' : 'published_meanwhile'
    case 'dead_lettered':
      return 'dead_lettered'
    case 'stale':
    case 'withheld':
      return 'passed_over'
  }
}

const MOST_KEYS_LEFT = 1_000

const COMPLETED = { state: 'completed', watermark: null, detail: null } as const

export async function keysLeft(
  index: Pick<KeyIndex, 'outlines'>,
  { name }: Pick<Replicated, 'name'>,
  { sweepOffsets }: PassProgress,
): Promise<KeysLeft> {
  const keys: RecordKey[] = []
  let count = 0
  for await (const batch of index.outlines(name)) {
    for (const [key, entry] of batch) {
      if (entry.state === 'deleted' || !isBelow(sweepOffsets, entry)) continue
      count += 1
      if (keys.length < MOST_KEYS_LEFT) keys.push(key)
    }
  }
  return { count, keys }
}

function republishAll(feed: Feed, resource: ListedResource, signal: AbortSignal): Promise<PassProgress> {
  return onWholeLedger(feed, resource, 'republish', true, async (interrupted, passId) => {
    const begin = {
      ...PLAIN_BEGINNING,
      pass: 'republish',
      passId,
      initial: false,
      sweepOffsets: feed.publisher.nextOffsets(resource.name),
    } as const
    const filter = everythingOf(resource)
    const pace = new CheckpointPace()
    const walked = await walkToEnd(
      feed,
      { resource, select: 'everything', filter, interrupted, begin },
      (page) => commitPage(feed, resource, page, pace, signal),
      signal,
    )
    const finished = await publishOwed(feed, resource, walked, undefined, signal)
    return endAs(feed, resource, finished, COMPLETED, signal)
  })
}

function commitPage(
  feed: Feed,
  resource: ListedResource,
  { page, observedAt, fresh, progress }: WalkedPage,
  pace: CheckpointPace,
  signal: AbortSignal,
): Promise<PassProgress> {
  const republishBelow = progress.sweepOffsets
  // R10: what is withheld stays without an event, and is told among the keys that are left; the next pass judges it.
  const withholding = withholdingOf(feed.reread, progress)
  return feed.committer.commitPage(
    resource,
    { ...page, observedAt, askedAgain: false, lettered: NO_KEYS, withholding, republishBelow },
    progress.initial,
    async ({ counts, askAgain, decided }) => {
      const next = afterPage(progress, page, { ...fresh, counts })
      await fileForRecheck(feed, next, askAgain)
      await fileOutrun(feed, next, 'retry', decided)
      const markers = startMarkers(feed.state, next)
      return { progress: next, watermark: null, markers, before: progress, pace }
    },
    signal,
  )
}

async function republishKeys(
  feed: Feed,
  resource: ListedResource,
  keys: readonly RecordKey[],
  signal: AbortSignal,
): Promise<RepublishResult> {
  const { clock, serverClock, index, observer, publisher } = feed
  const passId = feed.newPassId()
  const beginning = begun({
    ...PLAIN_BEGINNING,
    resource: resource.name,
    pass: 'republish',
    passId,
    initial: false,
    startedAt: serverClock.observed(null, clock.now()),
    filter: '',
    sweepOffsets: publisher.nextOffsets(resource.name),
    scope: scopeText(resource.scope),
  })
  const from: PassProgress = { ...beginning, token: null }
  observer.passStarted(from, false)
  const fates = new Map(keys.map((key): [RecordKey, RepublishFate] => [key, 'not_shown']))
  await index.ledger.add(
    passId,
    'retry',
    from.page + 1,
    [...fates.keys()].map((key) => [key, '']),
  )
  const finished = await publishOwed(feed, resource, from, fates, signal)
  const walked = [...fates.values()].filter((fate) => fate !== 'not_shown').length
  const progress = await endAs(feed, resource, { ...finished, walked }, COMPLETED, signal)
  return { progress, fates, left: undefined }
}

/**
 * Asks for the keys in the pass's set `retry`, and for those that an answer to a later request outran in between once more;
 * then for those whose stamp went back (R6).
 */
async function publishOwed(
  feed: Feed,
  resource: ListedResource,
  from: PassProgress,
  fates: Map<RecordKey, RepublishFate> | undefined,
  signal: AbortSignal,
): Promise<PassProgress> {
  const republishing = (outrun: 'missed' | undefined): Republishing => ({
    below: from.sweepOffsets,
    async decided(progress, decided) {
      for (const [key, decision] of decided) if (fates?.has(key) === true) fates.set(key, fateOf(decision))
      if (outrun !== undefined) await fileOutrun(feed, progress, outrun, decided)
    },
  })
  // Who names keys wants them as they are now.
  const withholding = fates === undefined ? withholdingOf(feed.reread, from) : 'nothing'
  const wishes = { letters: undefined, withholding } as const
  const plain = { ...wishes, accepts: () => true, askedAgain: false, orWalk: undefined }
  const asked = { ...plain, set: 'retry', republish: republishing('missed') } as const
  const once = await publishByKey(feed, resource, from, asked, signal)
  const again = { ...plain, set: 'missed', republish: republishing(undefined) } as const
  const twice = await publishByKey(feed, resource, once, again, signal)
  return publishRechecked(feed, resource, twice, wishes, signal, republishing(undefined))
}

/** In a set of the pass: records that a pass beside this one has read later, and left as they are. */
async function fileOutrun(
  feed: Feed,
  { passId, page }: PassProgress,
  set: 'retry' | 'missed',
  decided: ReadonlyMap<RecordKey, Decision>,
): Promise<void> {
  const outrun = [...decided].filter(([, decision]) => decision.outcome === 'stale' && !decision.askAgain)
  if (outrun.length === 0) return
  await feed.index.ledger.add(
    passId,
    set,
    page,
    outrun.map(([key]) => [key, '']),
  )
}
