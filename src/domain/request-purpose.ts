import type { PassKind } from './pass.ts'

/** What a request to the source is for. Where there is not room for all, they go in this order, the middle two as equals. */
export const REQUEST_PURPOSES = ['update', 'question', 'media', 'walk'] as const
export type RequestPurpose = (typeof REQUEST_PURPOSES)[number]

/** Of the sets of parts that a pass asks for: those of a full cycle have time, too. */
export function purposeOfSets(pass: PassKind): RequestPurpose {
  return pass === 'update' ? 'media' : 'walk'
}

/** Of a pass's walk and of its count: an update has to keep its interval, whatever walks everything has time. */
export function purposeOf(pass: PassKind): RequestPurpose {
  return pass === 'update' ? 'update' : 'walk'
}
