import type { PassKind } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'
import type { CommittedState } from './committed-state.ts'
import { NoChangeStampError, NoSnapshotError, ScopeChangedError } from './pass-errors.ts'
import { isFilledWithin } from './scope-change.ts'

/**
 * What a pass builds on has to be committed.
 *
 * @throws {NoChangeStampError} if it is an update of a resource that has none
 * @throws {NoSnapshotError} if the pass needs a snapshot that is not there
 * @throws {ScopeChangedError} if the last one was of another scope
 */
export function requireBase(state: CommittedState, resource: ListedResource, pass: PassKind): void {
  const { name, stamp } = resource
  if (pass === 'snapshot') return
  if (pass === 'update' && stamp === null) throw new NoChangeStampError(name)
  const hasBase = pass === 'update' ? state.watermark(name) !== undefined : state.hasSnapshot(name)
  if (!hasBase) throw new NoSnapshotError(name, pass)
  if (!isFilledWithin(resource, state)) throw new ScopeChangedError(name, pass)
}
