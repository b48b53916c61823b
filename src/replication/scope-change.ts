/**
 * What follows from a change of scope by the operator. The checkpoint of the last snapshot says which scope the topic was
 * filled with; no other pass runs under a new one before a snapshot under it has begun.
 */
import { PASS_KINDS, type PassProgress } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import { isUnder, mayHaveLeft, scopeText } from '../domain/scope.ts'
import type { CommittedState } from './committed-state.ts'
import type { Feed } from './feed.ts'
import { allOf, endOfHolds, endOfRecordHolds, endOfRejected } from './holds/end-of-holds.ts'
import { begun, ended, PLAIN_BEGINNING, withHeld, withHeldRecords } from './progress.ts'

/** Whether the topic was filled, or is being filled, with what the scope shows. Before the first snapshot, with nothing. */
export function isFilledWithin({ scope, name }: ListedResource, state: CommittedState): boolean {
  const snapshot = state.lastPass(name, 'snapshot')
  return snapshot !== undefined && isUnder(snapshot.scope, scope)
}

/**
 * To be called when the feed is opened. What is interrupted under another scope ends there, and so does what the guard holds;
 * where records may have left, a purge becomes due. An upgrade from a version that noted no scope is no change: it notes the present one.
 *
 * @returns the text of the scope before; undefined if it has not changed
 */
export async function noticeScope(
  feed: Feed,
  resource: ListedResource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, scope } = resource
  const snapshot = feed.state.lastPass(name, 'snapshot')
  if (snapshot === undefined) return undefined
  const note = (progress: PassProgress): Promise<PassProgress> =>
    feed.committer.commitProgress(resource, { progress, watermark: null, markers: [] }, signal)

  if (isUnder(snapshot.scope, scope)) {
    if (snapshot.scope === null) await note({ ...snapshot, scope: scopeText(scope) })
    return undefined
  }
  for (const pass of PASS_KINDS) {
    const interrupted = feed.state.interrupted(name, pass)
    if (interrupted === undefined) continue
    await note(ended(interrupted, 'failed'))
    await feed.index.ledger.drop(interrupted.passId)
  }
  await endHold(feed, resource, signal)
  await endRecordHolds(feed, resource, signal)
  if (mayHaveLeft(snapshot.scope, scope)) {
    const purge = feed.state.lastPass(name, 'purge') ?? neverBegun(feed, snapshot)
    await note({ ...purge, rescoped: true })
  }
  return snapshot.scope ?? ''
}

/** Its sweep was of another scope. The next one judges anew, and is due as after any that came to nothing. */
async function endHold(feed: Feed, resource: ListedResource, signal: AbortSignal): Promise<void> {
  const purge = feed.state.lastPass(resource.name, 'purge')
  const holds = endOfHolds(feed.state, resource)
  if (purge === undefined || (purge.deletes.held === 0 && holds.ended.length === 0)) return
  const progress = withHeld(ended(purge, 'failed'), 0)
  const commitment = {
    progress: { ...progress, rescoped: purge.rescoped },
    watermark: null,
    markers: [],
    holds,
  }
  await feed.committer.commitProgress(resource, commitment, signal)
}

/** The same of records that passes have held (R10). */
async function endRecordHolds(feed: Feed, resource: ListedResource, signal: AbortSignal): Promise<void> {
  for (const pass of PASS_KINDS) {
    const { state } = feed
    const last = state.lastPass(resource.name, pass)
    const rejected = endOfRejected(state, resource, (hold) => hold.pass === pass)
    const holds = allOf(endOfRecordHolds(state, resource, pass), rejected)
    if (last === undefined || (last.reread.held === 0 && holds.ended.length === 0)) continue
    const progress = withHeldRecords(last, 0)
    await feed.committer.commitProgress(resource, { progress, watermark: null, markers: [], holds }, signal)
  }
}

/** Stands for the purges of a resource that has had none yet. */
function neverBegun(feed: Feed, { resource, startedAt, scope }: PassProgress): PassProgress {
  const beginning = {
    pass: 'purge',
    passId: feed.newPassId(),
    initial: false,
    filter: '',
    rescoped: true,
  } as const
  return ended(begun({ ...PLAIN_BEGINNING, ...beginning, resource, startedAt, scope: scope ?? '' }), 'failed')
}
