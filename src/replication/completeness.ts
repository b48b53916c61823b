import type { PassKind } from '../domain/pass.ts'
import type { ListedResource } from '../domain/resource.ts'

/** What a walk is held against (R7): the records whose stamp lies before all that is in motion, or all of them. */
export type CountedRange = 'settled' | 'all'

/** What a purge's walk does not show may cost a record its life; without a stamp no range can be named. */
export function countedRange({ stamp }: ListedResource, pass: PassKind): CountedRange {
  return pass === 'purge' || stamp === null ? 'all' : 'settled'
}

/**
 * R7: how many distinct keys a walk must have shown, if the source counts `counted`. Records are allowed for that left
 * between the walk and the count: one in ten thousand, and one in a thousand of a count that cannot leave out what is in
 * motion. Both round down, so a small feed must match exactly.
 */
export function keysRequired(counted: number, range: CountedRange): number {
  const allowed = range === 'all' ? counted / 1_000 : counted / 10_000
  return counted - Math.floor(allowed)
}

/** Records that may leave a small feed while it is walked. */
const MAY_LEAVE = 10
const MAY_LEAVE_RATIO = 0.1

/**
 * R9: whether the source counts far less than a purge has just been shown. Then its count does not vouch for that walk, and its
 * answers by key come from whoever sees less now.
 */
export function isShrunken(counted: number, shown: number): boolean {
  return shown - counted > Math.max(MAY_LEAVE, shown * MAY_LEAVE_RATIO)
}
