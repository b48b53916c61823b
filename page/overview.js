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

/** What this instance does not have it cannot speak for. @param {readonly FeedBrief[]} feeds */
export function titleOf(feeds) {
  const here = feeds.filter((feed) => kindOf(feed) !== 'away')
  const away = feeds.length - here.length
  const elsewhere = away === 0 ? '' : `; ${number(away)} at other instances`
  if (here.length === 0) return `No feed here${elsewhere}`
  const inStep = here.filter((feed) => ['good', 'warn'].includes(kindOf(feed)))
  const all = away === 0 ? counted(here.length, 'feed') : `${counted(here.length, 'feed')} here`
  if (inStep.length < here.length)
    return `${number(inStep.length)} of ${all} ${here.length === 1 ? 'is in step with its source' : 'are in step with their source'}${elsewhere}`
  const trusted = away === 0 && here.length > 1 ? `all ${all}` : all
  return `Subscribers can trust ${trusted}${butOf(here)}${elsewhere}`
}

/** @param {readonly FeedBrief[]} feeds */
function butOf(feeds) {
  const refused = feeds.reduce((sum, { deadLetters }) => sum + (deadLetters ?? 0), 0)
  if (refused > 0) return `, but for ${counted(refused, 'record')} that could not be published`
  return feeds.some((feed) => kindOf(feed) === 'warn') ? ', but somebody should look' : ''
}
