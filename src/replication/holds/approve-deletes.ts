/**
 * An operator approves the deletes that the guard holds, up to a number (R10). Nothing of the hold counts as proof: the source is
 * asked about each key anew, with a witness of its own (R9 b), and what was published since the sweep began stays (R9 c).
 */
import type { StandingHold } from '../../domain/hold.ts'
import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { slices } from '../../support/slices.ts'
import type { Feed } from '../feed.ts'
import { sweepEnd } from '../missing-keys.ts'
import { ended, withHeld } from '../progress.ts'
import type { PurgeResult } from '../purge.ts'
import { keysPerQuestion } from '../questions.ts'
import { askAndFile } from '../sweep/ask-and-file.ts'
import { requireFeedsSource } from '../sweep/identify-source.ts'
import { publishDeletes } from '../sweep/publish-deletes.ts'
import { startMarkers } from '../walk.ts'
import { everythingOf } from '../window.ts'
import { endOfHolds } from './end-of-holds.ts'
import { passOnHold } from './standing-hold.ts'

/** Empty pages that are passed over on the way to a first key. */
const MOST_EMPTY_PAGES = 3

/**
 * A pass of its own, of the feed's own source before and after its questions. Where more is gone than was approved, it deletes
 * nothing, and the hold stands; the verdict says why.
 */
export async function approveDeletes(
  feed: Feed,
  resource: ListedResource,
  standing: StandingHold,
  upTo: number,
  signal: AbortSignal,
): Promise<PurgeResult> {
  const sweep = standing.hold.passId
  await requireFeedsSource(feed, signal)
  const own = { passId: feed.newPassId(), state: 'running', decidesOn: sweep } as const
  const begun = passOnHold(feed.state, standing, own)
  feed.observer.passStarted(begun, false)
  try {
    const missing = await missingByCount(feed, resource, signal)
    if (missing > upTo) {
      const why = `by the source's own count ${missing} of the live records are missing now`
      return await holdAgain(feed, resource, { begun, asked: NOBODY, upTo, why }, signal)
    }
    const asked = await askAgain(feed, resource, { begun, standing, upTo }, signal)
    await requireFeedsSource(feed, signal)
    const why = refusal(asked, upTo)
    if (why !== undefined) return await holdAgain(feed, resource, { begun, asked, upTo, why }, signal)
    return await deleteHeld(feed, resource, { begun, standing, asked, upTo }, signal)
  } finally {
    await feed.index.ledger.drop(begun.passId)
  }
}

/** What the source now says of the keys. */
interface Asked {
  readonly gone: number
  readonly outOfScope: number
  /** The source has them, or something was published of them since the sweep began. */
  readonly refuted: number
  readonly inconclusive: number
}

const NOBODY: Asked = { gone: 0, outOfScope: 0, refuted: 0, inconclusive: 0 }

/** Undefined where the approval holds good. */
function refusal({ gone, outOfScope, inconclusive }: Asked, upTo: number): string | undefined {
  const deletes = gone + outOfScope
  if (deletes > upTo) return `it would be ${deletes} or more`
  if (deletes === 0 && inconclusive > 0)
    return `of ${inconclusive} keys the source does not say whether they are gone`
  return undefined
}

/** Of the live records, those that the source does not count any more; 0 if it does not count. */
async function missingByCount(feed: Feed, resource: ListedResource, signal: AbortSignal): Promise<number> {
  const counted = await feed.source.count(resource, everythingOf(resource), 'question', signal)
  if (counted === undefined) return 0
  let live = 0
  for await (const batch of feed.index.outlines(resource.name)) {
    signal.throwIfAborted()
    live += batch.filter(([, { state }]) => state !== 'deleted').length
  }
  return Math.max(0, live - counted)
}

interface Question {
  readonly begun: PassProgress
  readonly standing: StandingHold
  readonly upTo: number
}

/** Files the proofs in the pass's ledger; asks no further once there are more than were approved. */
async function askAgain(
  feed: Feed,
  resource: ListedResource,
  { begun, standing, upTo }: Question,
  signal: AbortSignal,
): Promise<Asked> {
  const counts = { ...NOBODY }
  const shown = await keysShownNow(feed, resource, signal)
  for await (const chunk of feed.holds.keys(standing, signal)) {
    for (const held of slices(chunk, keysPerQuestion(resource))) {
      const keys = held.map(({ key }) => key)
      const entries = await feed.index.getMany(resource.name, keys)
      const open = keys.filter((_, i) => {
        const entry = entries[i]
        if (entry === undefined || entry.state === 'deleted') return false
        if (entry.offset < sweepEnd(begun, entry)) return true
        counts.refuted += 1
        return false
      })
      if (open.length === 0) continue
      const witness = shown.find((key) => !open.includes(key))
      const fates = await askAndFile(feed, resource, begun, { keys: open, witness }, signal)
      for (const fate of fates.values()) counts[COUNTED_AS[fate]] += 1
      if (counts.gone + counts.outOfScope > upTo) return counts
    }
  }
  return counts
}

const COUNTED_AS = {
  gone: 'gone',
  out_of_scope: 'outOfScope',
  present: 'refuted',
  inconclusive: 'inconclusive',
} as const

/** Of a walk as the sweep made it, its first keys: each may be a witness. None if the source shows nothing. */
async function keysShownNow(
  { source }: Feed,
  resource: ListedResource,
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  const filter = everythingOf(resource)
  const request = { resource, filter, select: 'keys', purpose: 'question', token: '' } as const
  let empty = 0
  for await (const { records } of source.walk(request, signal)) {
    if (records.length > 0) return records.map(({ key }) => key)
    empty += 1
    if (empty > MOST_EMPTY_PAGES) break
  }
  return []
}

interface Outcome extends Pick<Question, 'begun' | 'upTo'> {
  readonly asked: Asked
}

async function holdAgain(
  feed: Feed,
  resource: ListedResource,
  { begun, asked, upTo, why: found }: Outcome & { readonly why: string },
  signal: AbortSignal,
): Promise<PurgeResult> {
  const why = `${upTo} deletes of sweep ${begun.decidesOn} were approved, but ${found}; nothing is deleted, and the hold stands`
  const progress = endOfApproval(withFates(begun, asked), 'held')
  const markers = [...startMarkers(feed.state, begun), { event: 'held', progress, detail: why } as const]
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers }, signal)
  feed.observer.passEnded(progress, why)
  return { progress, verdict: { kind: 'held', why }, ...foundOf(asked) }
}

async function deleteHeld(
  feed: Feed,
  resource: ListedResource,
  { begun, standing, asked, upTo }: Outcome & Question,
  signal: AbortSignal,
): Promise<PurgeResult> {
  const { why } = standing.hold
  const started = withFates(begun, asked)
  const beginning = { progress: started, watermark: null, markers: startMarkers(feed.state, started) }
  await feed.committer.commitProgress(resource, beginning, signal)
  const deleted = await publishDeletes(feed, resource, started, true, signal)
  const progress = withHeld(endOfApproval(deleted, 'completed'), 0)
  const detail = `an operator approved up to ${upTo} deletes of sweep ${begun.decidesOn}, although ${why}`
  const markers = [{ event: 'completed', progress, detail } as const]
  const holds = endOfHolds(feed.state, resource)
  await feed.committer.commitProgress(resource, { progress, watermark: null, markers, holds }, signal)
  feed.observer.passEnded(progress, detail)
  return { progress, verdict: { kind: 'approved', why, upTo }, ...foundOf(asked) }
}

function withFates(begun: PassProgress, { refuted, inconclusive }: Asked): PassProgress {
  return { ...begun, deletes: { ...begun.deletes, refuted, inconclusive } }
}

/** Whether all that a change of scope leaves out is gone, only the next sweep can tell. */
export function endOfApproval(progress: PassProgress, state: 'completed' | 'held'): PassProgress {
  return { ...ended(progress, state), rescoped: progress.rescoped }
}

function foundOf({ gone, outOfScope }: Asked): Pick<PurgeResult, 'gone' | 'outOfScope' | 'missed'> {
  return { gone, outOfScope, missed: 0 }
}
