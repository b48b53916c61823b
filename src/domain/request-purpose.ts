import type { PassKind } from './pass.ts'

/** What a request to the source is for. Where there is not room for all of them, they go in this order. */
export type RequestPurpose = 'update' | 'question' | 'media' | 'walk'

/** Of a pass's walk and of its count: an update has to keep its interval, whatever walks everything has time. */
export function purposeOf(pass: PassKind): RequestPurpose {
  return pass === 'update' ? 'update' : 'walk'
}
