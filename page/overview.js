/** How the feeds of the process stand, in a word each, and in one for all. */
import { counted, number } from './format.js'

/** @import { FeedBrief } from './types.d.ts' */

/** @typedef {'good' | 'warn' | 'bad' | 'wait' | 'away'} FeedKind */

/** @param {FeedBrief} feed @returns {FeedKind} */
export function kindOf({ state, ready, held, deadLetters, reasons }) {
  // Another instance has it.
  if (state === 'elsewhere') return 'away'
  if (state === 'opening' && reasons.every(({ code }) => code === 'STARTING')) return 'wait'
  if (state !== 'running' || !ready) return 'bad'
  return held > 0 || (deadLetters ?? 0) > 0 ? 'warn' : 'good'
}

/** @param {readonly FeedBrief[]} feeds */
export function titleOf(feeds) {
  const here = feeds.filter((feed) => kindOf(feed) !== 'away')
  const inStep = here.filter((feed) => ['good', 'warn'].includes(kindOf(feed)))
  if (inStep.length < here.length)
    return `${number(inStep.length)} of ${counted(here.length, 'feed')} are in step with their source`
  const refused = here.reduce((sum, { deadLetters }) => sum + (deadLetters ?? 0), 0)
  const trusted = `Subscribers can trust all ${counted(here.length, 'feed')}`
  if (refused > 0) return `${trusted}, but for ${counted(refused, 'record')} that could not be published`
  return here.some((feed) => kindOf(feed) === 'warn') ? `${trusted}, but somebody should look` : trusted
}
