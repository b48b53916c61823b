import type { PassKind } from '../domain/pass.ts'
import { isSubresource, type Replicated, type Subresource } from '../domain/resource.ts'
import type { CommittedState } from './committed-state.ts'
import { NoChangeStampError, NoPurgeError, NoSnapshotError, ScopeChangedError } from './pass-errors.ts'
import { isFilledWithin } from './scope-change.ts'

/**
 * What a pass builds on has to be committed.
 *
 * @throws {NoChangeStampError} if it is an update of a resource that has none
 * @throws {NoPurgeError} if it is a purge of sets, which go with their records
 * @throws {NoSnapshotError} if the pass needs a snapshot that is not there
 * @throws {ScopeChangedError} if the last one was of another scope
 */
export function requireBase(state: CommittedState, resource: Replicated, pass: PassKind): void {
  if (isSubresource(resource)) return requireBaseOfSet(state, resource, pass)
  const { name, stamp } = resource
  if (pass === 'snapshot') return
  if (pass === 'update' && stamp === null) throw new NoChangeStampError(name)
  const hasBase = pass === 'update' ? state.watermark(name) !== undefined : state.hasSnapshot(name)
  if (!hasBase) throw new NoSnapshotError(name, pass)
  if (!isFilledWithin(resource, state)) throw new ScopeChangedError(name, pass)
}

/** Sets are those of records that are known. */
function requireBaseOfSet(state: CommittedState, set: Subresource, pass: PassKind): void {
  if (pass === 'purge') throw new NoPurgeError(set)
  for (const name of pass === 'snapshot' ? [set.parent] : [set.parent, set.name]) {
    if (!state.hasSnapshot(name)) throw new NoSnapshotError(name, pass)
  }
}
