import type { PassProgress } from './pass.ts'

/** Whether it came to its end as it should. An operator's decision on what it held is no such end: it walks nothing. */
export function isCompletion({ state, decidesOn }: Pick<PassProgress, 'state' | 'decidesOn'>): boolean {
  return state === 'completed' && decidesOn === null
}
