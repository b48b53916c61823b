/** The operator's page: follows one feed, shows it, and does what the operator asks for. */
import { getJson, keepToken, pathOf, post, Refused, token } from './api.js'
import { drawEvents, drawFreshness } from './charts.js'
import { askToken, confirmed } from './dialogs.js'
import { counted, number, span } from './format.js'
import { html, nothing, render } from './lit-html.js'
import { FeedStore } from './store.js'
import { follow } from './stream.js'
import { applyTheme, nextTheme, shownTheme, theme } from './theme.js'
import { isOpen } from './verdict.js'
import { chartsView, sumOf } from './view-charts.js'
import { budgetView, groupsView } from './view-groups.js'
import { holdsView } from './view-holds.js'
import { lateView, lettersView, oddView } from './view-letters.js'
import { passesView } from './view-passes.js'
import { resourcesView } from './view-resources.js'
import { runningView } from './view-running.js'
import { searchView } from './view-search.js'
import { verdictView } from './view-verdict.js'

/** @import { FeedSummary, HoldAnswer, Letters, OddValues, Status, Tick } from './types.d.ts' */
/** @import { Hold } from './view-holds.js' */
/** @import { Search } from './view-search.js' */

const SLOW_READS_MS = 15_000

const page = /** @type {HTMLElement} */ (document.getElementById('page'))

const state = {
  /** @type {readonly FeedSummary[]} */
  feeds: [],
  /** @type {string | null} */
  prefix: null,
  store: new FeedStore(),
  /** @type {'connecting' | 'live' | 'lost' | 'denied'} */
  connection: 'connecting',
  why: '',
  hours: 1,
  allPasses: false,
  /** @type {readonly Hold[]} */
  holds: [],
  /** @type {string | null} */
  deciding: null,
  /** Passes that were asked for and have not ended. @type {Set<string>} */
  busy: new Set(),
  /** @type {{ kind: 'good' | 'bad', text: string } | null} */
  notice: null,
  /** @type {Letters | null} */
  letters: null,
  /** @type {readonly OddValues[] | null} */
  odd: null,
  /** @type {Search} */
  search: { busy: false, report: null, error: null },
}

/** Ends what belongs to the feed that was shown before. */
let leave = new AbortController()
let knownHolds = ''
let readAt = 0

/** Follows the feed that the address names, or the first one. */
async function open() {
  leave.abort()
  leave = new AbortController()
  const { signal } = leave
  state.connection = 'connecting'
  draw()
  try {
    state.feeds = (await getJson('/feeds')).feeds
  } catch (error) {
    if (signal.aborted) return
    await failed(error)
    return
  }
  if (signal.aborted) return
  const wanted = decodeURIComponent(location.hash.replace(/^#\/feeds\//, ''))
  const prefix = state.feeds.find((feed) => feed.prefix === wanted)?.prefix ?? state.feeds[0]?.prefix ?? null
  if (prefix !== state.prefix) forget()
  state.prefix = prefix
  draw()
  if (prefix === null) return
  await follow(
    `${pathOf(prefix)}/stream`,
    {
      event: (data, isFirst) => take(/** @type {Tick} */ (data), isFirst),
      state: (connection, why) => {
        state.connection = connection
        state.why = why
        draw()
      },
    },
    signal,
  )
}

/** @param {unknown} error */
async function failed(error) {
  state.connection = error instanceof Refused && error.wantsToken ? 'denied' : 'lost'
  state.why = error instanceof Error ? error.message : String(error)
  draw()
  if (state.connection === 'lost') setTimeout(() => void open(), 2_000)
}

function forget() {
  Object.assign(state, { store: new FeedStore(), holds: [], letters: null, odd: null, notice: null })
  state.search = { busy: false, report: null, error: null }
  knownHolds = ''
  readAt = 0
}

/** @param {Tick} tick @param {boolean} isFirst */
function take(tick, isFirst) {
  if (isFirst) {
    state.store = new FeedStore()
    knownHolds = ''
  }
  state.store.take(tick)
  if (isOpen(tick.status)) {
    const holds = JSON.stringify(tick.status.held)
    if (holds !== knownHolds) {
      knownHolds = holds
      void readHolds(tick.status)
    }
    if (Date.now() - readAt > SLOW_READS_MS) {
      readAt = Date.now()
      void readSlowly()
    }
  }
  draw()
}

/** @param {Extract<Status, { resources: unknown[] }>} status */
async function readHolds({ held }) {
  const path = pathOf(String(state.prefix))
  const resources = [...new Set(held.map(({ resource }) => resource))]
  try {
    /** @type {HoldAnswer[]} */
    const answers = await Promise.all(resources.map((name) => getJson(`${path}/resources/${name}/hold`)))
    state.holds = answers.flatMap(({ hold }) => hold ?? [])
  } catch {
    // It is asked for again with the next tick.
    knownHolds = ''
  }
  draw()
}

/** What is read from the topics. */
async function readSlowly() {
  const path = pathOf(String(state.prefix))
  try {
    state.letters = await getJson(`${path}/dead-letters`)
    state.odd = (await getJson(`${path}/odd-values`)).records
  } catch {
    // The stream says why.
  }
  draw()
}

/**
 * Does it, and says what came of it; with the token, if one is needed.
 *
 * @param {string} path under the feed's
 * @param {object} body
 * @param {(answer: any) => string} told
 */
async function act(path, body, told) {
  const whole = `${pathOf(String(state.prefix))}${path}`
  state.notice = null
  try {
    state.notice = { kind: 'good', text: told(await post(whole, body)) }
  } catch (error) {
    if (
      error instanceof Refused &&
      error.wantsToken &&
      (await takeToken('This changes something, so it needs the token.'))
    ) {
      await act(path, body, told)
      return
    }
    state.notice = { kind: 'bad', text: error instanceof Error ? error.message : String(error) }
  }
  draw()
}

/** @param {string} why */
async function takeToken(why) {
  const given = await askToken(why)
  if (given === null) return false
  keepToken(given)
  return given !== ''
}

/** @param {Hold} hold @param {number} upTo */
async function approve(hold, upTo) {
  const { resource, sweep, deletes, records, kind } = hold
  const count = kind === 'deletes' ? counted(deletes, 'delete') : counted(records, 'record')
  const meant = await confirmed({
    title: `Let up to ${number(upTo)} of ${count} go?`,
    text: `The source is asked for each key of ${resource} again. If more than ${number(upTo)} would go, all of it is held still.`,
    yes: `Approve up to ${number(upTo)}`,
    danger: true,
  })
  if (meant) await decide(hold, `/resources/${resource}/hold/approve`, { sweep, max: upTo }, outcomeOf)
}

/** @param {Hold} hold */
async function reject(hold) {
  const { resource, sweep, kind } = hold
  const meant = await confirmed({
    title: `Reject the hold of ${resource}?`,
    text:
      kind === 'deletes'
        ? 'Nothing is deleted. The next purge judges anew.'
        : 'Nothing is published. The next pass judges anew.',
    yes: 'Reject',
    danger: false,
  })
  if (meant)
    await decide(
      hold,
      `/resources/${resource}/hold/reject`,
      { sweep },
      () => 'The hold is rejected: nothing was deleted.',
    )
}

/** @param {Hold} hold @param {string} path @param {object} body @param {(answer: any) => string} told */
async function decide({ sweep }, path, body, told) {
  state.deciding = sweep
  draw()
  await act(path, body, told)
  state.deciding = null
  draw()
}

/** @param {{ state?: string, detail?: string | null, deletes?: { emitted: number, held: number }, counts?: { published: number } }} report */
function outcomeOf({ state: outcome = 'done', detail, deletes, counts }) {
  const parts = [
    ...(counts === undefined || counts.published === 0 ? [] : [`${number(counts.published)} published`]),
    ...(deletes === undefined || deletes.emitted === 0 ? [] : [`${number(deletes.emitted)} deleted`]),
    ...(deletes === undefined || deletes.held === 0 ? [] : [`${number(deletes.held)} held`]),
  ]
  const figures = parts.length === 0 ? 'nothing to publish' : parts.join(', ')
  return `It ended ${outcome}: ${figures}.${detail === null || detail === undefined ? '' : ` ${detail}`}`
}

/** @param {string} resource @param {string} pass */
async function run(resource, pass) {
  const track = `${resource}/${pass}`
  state.busy.add(track)
  draw()
  await act(
    `/resources/${resource}/passes/${pass}`,
    {},
    (answer) => `${pass} of ${resource}. ${outcomeOf(answer)}`,
  )
  state.busy.delete(track)
  draw()
}

/** @param {string} resource @param {string} key @param {boolean} ask */
async function find(resource, key, ask) {
  state.search = { busy: true, report: state.search.report, error: null }
  draw()
  const path = `${pathOf(String(state.prefix))}/resources/${encodeURIComponent(resource)}/keys/${encodeURIComponent(key)}/why?ask=${ask}`
  try {
    state.search = { busy: false, report: await getJson(path), error: null }
  } catch (error) {
    const isRefused = error instanceof Refused && error.wantsToken
    state.search = {
      busy: false,
      report: null,
      error: error instanceof Error ? error.message : String(error),
    }
    if (isRefused && (await takeToken('To ask the source spends requests, so it needs the token.'))) {
      await find(resource, key, ask)
      return
    }
  }
  draw()
}

let isDrawing = false

/** Once a frame at most. */
function draw() {
  if (isDrawing) return
  isDrawing = true
  requestAnimationFrame(() => {
    isDrawing = false
    render(view(), page)
    drawCharts()
  })
}

function drawCharts() {
  const { store, hours } = state
  const now = store.tick === undefined ? Date.now() : Date.parse(store.tick.at)
  const shown = { hours, now, theme: shownTheme() }
  const freshness = document.getElementById('freshness-chart')
  const events = document.getElementById('events-chart')
  if (freshness !== null) drawFreshness(freshness, { ...shown, series: store.freshness })
  if (events !== null) drawEvents(events, { ...shown, series: store.events })
}

function view() {
  return html`
    <header class="top">
      <a class="brand" href="#/" aria-label="Listingstream"
        ><img src="/page/icon.svg" alt="" width="28" height="28" /> <span>Listingstream</span></a
      >
      ${feedsView()}
      <span class="spacer"></span>
      <span class="connection ${state.connection}" role="status">${connectionText()}</span>
      <button type="button" class="plain" @click=${() => void giveToken()}>
        ${token() === null ? 'Token' : 'Token ✓'}
      </button>
      <button
        type="button"
        class="plain"
        aria-label=${`Theme: ${theme()}`}
        @click=${() => {
          nextTheme()
          draw()
        }}
      >
        ${theme() === 'auto' ? '◐' : theme() === 'light' ? '☀' : '☾'}
        <span class="theme-name">${theme()}</span>
      </button>
    </header>
    <main id="main" tabindex="-1">${noticeView()} ${contentView()}</main>
  `
}

function feedsView() {
  const { feeds, prefix } = state
  if (feeds.length < 2) return html`<span class="feed-name">${prefix ?? ''}</span>`
  return html`<nav aria-label="Feeds" class="feeds">
    ${feeds.map(
      (feed) =>
        html`<a
          href=${`#/feeds/${encodeURIComponent(feed.prefix)}`}
          aria-current=${feed.prefix === prefix ? 'page' : nothing}
          >${feed.prefix}</a
        >`,
    )}
  </nav>`
}

function connectionText() {
  if (state.connection === 'live') return 'live'
  if (state.connection === 'connecting') return 'connecting'
  return state.connection === 'denied' ? 'needs the token' : 'connection lost'
}

async function giveToken() {
  const given = await askToken(
    'Needed where the daemon listens to more than this machine, and for whatever changes something. Leave it empty to forget it.',
  )
  if (given === null) return
  keepToken(given)
  await open()
}

function noticeView() {
  const { notice } = state
  return html`<div role="status" class="notices">
    ${
      notice === null
        ? nothing
        : html`<p class="notice ${notice.kind}">
            ${notice.text}
            <button
              type="button"
              class="plain"
              aria-label="Dismiss"
              @click=${() => {
                state.notice = null
                draw()
              }}
            >
              ×
            </button>
          </p>`
    }
  </div>`
}

function contentView() {
  const { store, connection } = state
  const { tick } = store
  if (connection === 'denied') return deniedView()
  if (tick === undefined)
    return html`<p class="quiet waiting">${connection === 'lost' ? state.why : 'Waiting for the daemon…'}</p>`
  const now = Date.parse(tick.at)
  const hourAgo = Math.floor(now / 60_000) - 60
  const eventsOfHour = [...store.events.values()].reduce((sum, minutes) => sum + sumOf(minutes, hourAgo), 0)
  return html`
    ${connection === 'lost' ? html`<p class="notice bad">${state.why} What is shown is ${span((Date.now() - now) / 1_000)} old; it is tried again.</p>` : nothing}
    ${verdictView({ status: tick.status, now, eventsOfHour })}
    ${isOpen(tick.status) ? feedView(tick.status, tick, now) : nothing}
  `
}

function deniedView() {
  return html`<section class="card narrow" aria-labelledby="denied-title">
    <h1 id="denied-title">This daemon asks for its token</h1>
    <p>${state.why}</p>
    <button type="button" class="primary" @click=${() => void giveToken()}>Give the token</button>
  </section>`
}

/** @param {Extract<Status, { resources: unknown[] }>} status @param {Tick} tick @param {number} now */
function feedView(status, tick, now) {
  const { store, hours } = state
  const names = status.resources.flatMap(({ name }) => [
    name,
    ...status.sets.filter(({ parent }) => parent === name).map((set) => set.name),
  ])
  return html`
    ${holdsView(state.holds, state.deciding, { approve: (...asked) => void approve(...asked), reject: (hold) => void reject(hold) })}
    ${runningView({ status, store })}
    ${chartsView({
      store,
      now,
      hours,
      onHours: (chosen) => {
        state.hours = chosen
        draw()
      },
    })}
    ${passesView({
      passes: store.passes,
      now,
      hours,
      all: state.allPasses,
      onAll: () => {
        state.allPasses = !state.allPasses
        draw()
      },
    })}
    <div class="pair wide-left">${groupsView(tick.groups, now)} ${budgetView(status)}</div>
    ${resourcesView({ status, now, busy: state.busy, onRun: (...asked) => void run(...asked) })}
    ${searchView({ resources: names, search: state.search, onSearch: (...asked) => void find(...asked) })}
    <div class="trio">${lettersView(state.letters)} ${oddView(state.odd)} ${lateView(status)}</div>
  `
}

applyTheme()
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
addEventListener('resize', draw)
addEventListener('hashchange', () => void open())
void open()
