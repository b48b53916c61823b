import type { PauseAnswer } from '../passes/pause-passes.ts'
import { age, until } from './phrases.ts'

/** "listings, for 5 min, ends in 2 h" */
export function describePause(
  { resource, since, until: end }: PauseAnswer['paused'][number],
  now: number,
): string {
  const what = resource ?? 'all passes by schedule'
  return `${what}, for ${age(since, now)}, ${end === null ? 'until "listingstream resume"' : `ends ${until(end, now)}`}`
}
