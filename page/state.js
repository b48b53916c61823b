/** What the page shows, and who draws it when it changes. */
import { FeedStore } from './store.js'

/** @import { FeedBrief, FeedSummary, Letters, OddValues } from './types.d.ts' */
/** @import { Hold } from './view-holds.js' */
/** @import { Search } from './view-search.js' */

/** What belongs to one feed. */
function ofFeed() {
  return {
    store: new FeedStore(),
    /** @type {readonly Hold[]} */
    holds: [],
    /** The sweep that is being decided on. @type {string | null} */
    deciding: null,
    /** Passes that were asked for and have not ended. @type {ReadonlySet<string>} */
    busy: new Set(),
    allPasses: false,
    /** @type {Letters | null} */
    letters: null,
    /** @type {readonly OddValues[] | null} */
    odd: null,
    /** @type {Search} */
    search: { busy: false, report: null, error: null, isLost: false },
    /** What stands in the form of the search: it outlives one that is not drawn for a while. */
    wanted: { resource: '', key: '', ask: false },
    /** What came of what was asked for. @type {{ kind: 'good' | 'bad', text: string, at: string, isLost: boolean } | null} */
    notice: null,
  }
}

export const state = {
  /** @type {readonly FeedSummary[]} */
  feeds: [],
  /** Of all feeds, as the last tick of the overview had them. @type {readonly FeedBrief[]} */
  overview: [],
  /** Of the feed that is shown; null: all of them are. @type {string | null} */
  prefix: null,
  /** @type {'connecting' | 'live' | 'lost' | 'denied'} */
  connection: 'connecting',
  /** Why it is lost or denied. */
  why: '',
  hours: 1,
  ...ofFeed(),
}

export function forgetFeed() {
  Object.assign(state, ofFeed())
}

/** @type {() => void} */
let draw = () => {}
let isDrawing = false

/** @param {() => void} drawer */
export function drawBy(drawer) {
  draw = drawer
}

/** It is drawn once a frame at most. */
export function changed() {
  if (isDrawing) return
  isDrawing = true
  requestAnimationFrame(() => {
    isDrawing = false
    draw()
  })
}
