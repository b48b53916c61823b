/** What became of a pass that somebody asked for, in a sentence. */
import { number } from './format.js'

/** @import { PassReport } from './types.d.ts' */

/** @type {Readonly<Record<string, string>>} */
const BECAME = { completed: 'completed', held: 'is held', rejected: 'was rejected', failed: 'failed' }

/** @param {PassReport} report */
export function outcomeOf({ resource, pass, state, counts, purge, heldRecords }) {
  const parts = [
    { count: counts['published'] ?? 0, what: 'published' },
    { count: counts['dead_lettered'] ?? 0, what: 'that could not be published' },
    { count: purge?.emitted ?? 0, what: 'deleted' },
    { count: purge?.held ?? 0, what: 'deletes held' },
    { count: heldRecords?.records ?? 0, what: 'records held' },
  ].filter(({ count }) => count > 0)
  const figures = parts.map(({ count, what }) => `${number(count)} ${what}`).join(', ')
  const why = purge?.heldBecause ?? heldRecords?.why ?? null
  return `The ${pass} of ${resource} ${BECAME[state] ?? state}: ${figures === '' ? 'nothing to publish' : figures}.${why === null ? '' : ` Why: ${why}.`}`
}
