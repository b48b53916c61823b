/** The operator's page: follows all feeds, or the one that the address names. */
import { forgetLoss, messageOf, wrongToken } from './actions.js'
import { getJson, keepToken, pathOf, Refused, Unanswered } from './api.js'
import { drawEvents, drawFreshness } from './charts.js'
import { askToken } from './dialogs.js'
import { keepingFocus, watchClicks } from './focus.js'
import { render } from './markup.js'
import { changed, drawBy, forgetFeed, state } from './state.js'
import { FeedStore } from './store.js'
import { follow } from './stream.js'
import { applyTheme, shownTheme } from './theme.js'
import { isOpen } from './verdict.js'
import { pageView } from './view.js'

/** @import { FeedBrief, HoldAnswer, OpenStatus, Tick } from './types.d.ts' */

/** So often is asked for what has to be read from the topics. */
const SLOW_READS_MS = 15_000
const RETRY_MS = 2_000

const page = /** @type {HTMLElement} */ (document.getElementById('page'))
/** Ends what belongs to what was shown before. */
let leave = new AbortController()
/** Holds that were asked for, as text. */
let knownHolds = ''
let readAt = 0
let isReading = false

async function open() {
  leave.abort()
  leave = new AbortController()
  const { signal } = leave
  state.connection = 'connecting'
  changed()
  try {
    state.feeds = (await getJson('/feeds')).feeds
  } catch (error) {
    if (signal.aborted) return
    const why = error instanceof Unanswered ? 'The daemon does not answer.' : messageOf(error)
    tellConnection(error instanceof Refused && error.status < 404 ? 'denied' : 'lost', why)
    setTimeout(() => {
      if (!signal.aborted) void open()
    }, RETRY_MS)
    return
  }
  if (signal.aborted) return
  const prefix = wantedFeed()
  if (prefix !== state.prefix) {
    forgetFeed()
    knownHolds = ''
    readAt = 0
  }
  state.prefix = prefix
  document.title = prefix === null ? 'Listingstream' : `${prefix} · Listingstream`
  changed()
  if (prefix === null) await follow('/feeds/stream', { event: takeOverview, state: tellConnection }, signal)
  else await follow(`${pathOf(prefix)}/stream`, { event: takeTick, state: tellConnection }, signal)
}

/** Null: all of them; there is nothing to choose from with one alone. */
function wantedFeed() {
  const { feeds } = state
  const [, named = ''] = /^#\/feeds\/(.+)$/.exec(location.hash) ?? []
  const wanted = feeds.find(({ prefix }) => encodeURIComponent(prefix) === named)
  return wanted?.prefix ?? (feeds.length === 1 ? (feeds[0]?.prefix ?? null) : null)
}

/** @param {typeof state.connection} connection @param {string} why */
function tellConnection(connection, why) {
  state.connection = connection
  state.why = why
  if (connection === 'live') forgetLoss()
  changed()
}

/** @param {unknown} data */
function takeOverview(data) {
  state.overview = /** @type {{ feeds: readonly FeedBrief[] }} */ (data).feeds
  changed()
}

/** @param {unknown} data @param {boolean} isFirst */
function takeTick(data, isFirst) {
  const tick = /** @type {Tick} */ (data)
  if (isFirst) {
    state.store = new FeedStore()
    knownHolds = ''
  }
  state.store.take(tick)
  if (isOpen(tick.status)) {
    void readHolds(tick.status)
    void readSlowly()
  }
  changed()
}

/** Anew when another one is told of. @param {OpenStatus} status */
async function readHolds({ held }) {
  const told = JSON.stringify(held)
  if (told === knownHolds) return
  knownHolds = told
  const { prefix } = state
  const names = [...new Set(held.map(({ resource }) => resource))]
  try {
    const path = pathOf(String(prefix))
    /** @type {HoldAnswer[]} */
    const answers = await Promise.all(names.map((name) => getJson(`${path}/resources/${name}/hold`)))
    if (state.prefix === prefix) state.holds = answers.flatMap(({ hold }) => hold ?? [])
  } catch {
    // With the next tick.
    knownHolds = ''
  }
  changed()
}

async function readSlowly() {
  if (isReading || Date.now() - readAt < SLOW_READS_MS) return
  isReading = true
  readAt = Date.now()
  const { prefix } = state
  const path = pathOf(String(prefix))
  try {
    const [letters, odd] = await Promise.all([getJson(`${path}/dead-letters`), getJson(`${path}/odd-values`)])
    if (state.prefix === prefix) Object.assign(state, { letters, odd: odd.records })
  } catch {
    // What keeps the topics from being read is told by the stream.
  }
  isReading = false
  changed()
}

async function giveToken() {
  const given = await keepingFocus(() =>
    askToken(
      'It is needed for whatever changes something, and where the daemon listens to more than this machine. Leave it empty to forget it.',
      wrongToken(),
    ),
  )
  if (given === null) return
  keepToken(given)
  await open()
}

function draw() {
  render(
    pageView(() => void giveToken()),
    page,
  )
  const { store, hours } = state
  const now = store.tick === undefined ? Date.now() : Date.parse(store.tick.at)
  const shown = { hours, now, theme: shownTheme() }
  const freshness = document.getElementById('freshness-chart')
  const events = document.getElementById('events-chart')
  if (freshness !== null) drawFreshness(freshness, { ...shown, series: store.freshness })
  if (events !== null) drawEvents(events, { ...shown, series: store.events })
}

drawBy(draw)
applyTheme()
watchClicks()
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
addEventListener('resize', changed)
addEventListener('hashchange', () => void open())
void open()
