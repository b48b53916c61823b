import type { WalkRequest } from './ports.ts'

/**
 * R7: how many distinct keys a walk must have shown, if the source counts `counted`. Records are allowed for that left
 * between the walk and the count: one in ten thousand, and one in a thousand for walks of keys alone, whose count cannot
 * leave out what is in motion. Both round down, so a small feed must match exactly.
 */
export function keysRequired(counted: number, select: WalkRequest['select']): number {
  const allowed = select === 'keys' ? counted / 1_000 : counted / 10_000
  return counted - Math.floor(allowed)
}
