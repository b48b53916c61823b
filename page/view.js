/** The whole page: its head, and all feeds or one. */
import { approve, lookUp, pause, reject, resume, runNow } from './actions.js'
import { tokenState } from './api.js'
import { drawn, focusAgain } from './focus.js'
import { span } from './format.js'
import { html, nothing } from './markup.js'
import { changed, state } from './state.js'
import { nextTheme, theme } from './theme.js'
import { time } from './time.js'
import { isOpen } from './verdict.js'
import { chartsView, sumOf } from './view-charts.js'
import { budgetView, groupsView } from './view-groups.js'
import { holdsView } from './view-holds.js'
import { lateView, lettersView, oddView } from './view-letters.js'
import { overviewView } from './view-overview.js'
import { passesView } from './view-passes.js'
import { resourcesView } from './view-resources.js'
import { runningView } from './view-running.js'
import { searchView } from './view-search.js'
import { verdictView } from './view-verdict.js'

/** @import { OpenStatus, Status, Tick } from './types.d.ts' */

/** @type {Readonly<Record<typeof state.connection, string>>} */
const CONNECTIONS = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost',
  denied: 'needs the token',
}
/** Right: it was needed, and taken. */
const TOKENS = { none: 'Token', unknown: 'Token given', right: 'Token ✓', wrong: 'Token × not right' }
const THEME_SIGNS = { auto: '◐', light: '☀', dark: '☾' }

/** @param {() => void} onToken asks for the token, and begins anew */
export function pageView(onToken) {
  return html`
    <header class="top">
      <a class="brand" href="#/"
        ><img src="/page/icon.svg" alt="" width="28" height="28" /><span>Listingstream</span></a
      >
      ${feedNames()}
      <span class="spacer"></span>
      <span class="connection ${state.connection}" role="status">${CONNECTIONS[state.connection]}</span>
      <button type="button" class="plain" @click=${onToken}>${TOKENS[tokenState()]}</button>
      ${themeButton()}
    </header>
    <main id="main" tabindex="-1">${contentView(onToken)}</main>
    ${noticeView()}
  `
}

function themeButton() {
  const chosen = theme()
  const onClick = () => {
    nextTheme()
    changed()
  }
  return html`<button type="button" class="plain" aria-label=${`Theme: ${chosen}`} @click=${onClick}>
    ${THEME_SIGNS[chosen]} <span class="theme-name">${chosen}</span>
  </button>`
}

/** With a few feeds, a link to each; with more, the one that is shown: the overview has them all. */
function feedNames() {
  const { feeds, prefix } = state
  if (feeds.length < 2 || feeds.length > 8)
    return html`<span class="feed-name">${prefix ?? 'all feeds'}</span>`
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

/** Where it is seen wherever the page is scrolled to; the regions are there before there is anything to be read out. */
function noticeView() {
  const { notice } = state
  const onDismiss = () => {
    state.notice = null
    changed()
    void drawn().then(focusAgain)
  }
  const shown =
    notice === null
      ? nothing
      : html`<p class="notice ${notice.kind}">
          <span>${time(notice.at)} ${notice.text}</span>
          <button type="button" class="plain" aria-label="Dismiss" @click=${onDismiss}>×</button>
        </p>`
  return html`<div class="notices">
    <div role="status">${notice?.kind === 'good' ? shown : nothing}</div>
    <div role="alert">${notice?.kind === 'bad' ? shown : nothing}</div>
  </div>`
}

/** @param {() => void} onToken */
function contentView(onToken) {
  if (state.connection === 'denied') return deniedView(onToken)
  if (state.prefix === null) {
    return state.overview.length === 0
      ? waitingView()
      : html`${lostView()} ${overviewView(state.overview, state.connection === 'lost')}`
  }
  const { tick } = state.store
  return tick === undefined ? waitingView() : html`${lostView()} ${feedView(tick)}`
}

function waitingView() {
  return html`<p class="quiet waiting">
    ${state.connection === 'lost' ? `Connection lost, trying again. ${state.why}` : 'Waiting for the daemon…'}
  </p>`
}

function lostView() {
  if (state.connection !== 'lost') return nothing
  const { tick } = state.store
  const age =
    tick === undefined ? '' : ` What is shown is ${span((Date.now() - Date.parse(tick.at)) / 1_000)} old.`
  return html`<p class="notice bad" id="lost">Connection lost, trying again. ${state.why}${age}</p>`
}

/** @param {() => void} onToken */
function deniedView(onToken) {
  return html`<section class="card narrow" aria-labelledby="denied-title">
    <h1 id="denied-title">
      ${tokenState() === 'wrong' ? 'The token was not right' : 'This daemon asks for its token'}
    </h1>
    <p>${state.why}</p>
    <button type="button" class="primary" @click=${onToken}>Give the token</button>
  </section>`
}

/** @param {Tick} tick */
function feedView(tick) {
  const { store } = state
  const now = Date.parse(tick.at)
  const hourAgo = Math.floor(now / 60_000) - 60
  const eventsOfHour = [...store.events.values()].reduce((sum, minutes) => sum + sumOf(minutes, hourAgo), 0)
  return html`
    ${verdictView({ status: tick.status, now, eventsOfHour, isLost: state.connection === 'lost' })}
    ${isOpen(tick.status) ? openFeedView(tick, tick.status, now) : nothing}
  `
}

const resourceActions = {
  onRun: (/** @type {[string, string]} */ ...asked) => void runNow(...asked),
  onPause: (/** @type {string | null} */ resource) => void pause(resource),
  onResume: (/** @type {string | null} */ resource) => void resume(resource),
}

/** @param {Tick} tick @param {Status & OpenStatus} status @param {number} now */
function openFeedView(tick, status, now) {
  const { store, hours, holds, deciding, busy, allPasses, search, wanted, letters, odd } = state
  const onHours = (/** @type {number} */ chosen) => {
    state.hours = chosen
    changed()
  }
  const onAll = () => {
    state.allPasses = !state.allPasses
    changed()
  }
  return html`
    ${holdsView(holds, deciding, { approve: (...asked) => void approve(...asked), reject: (hold) => void reject(hold) })}
    ${runningView({ status, store })} ${chartsView({ store, now, hours, onHours })}
    ${passesView({ passes: store.passes, now, hours, all: allPasses, onAll })}
    <div class="pair wide-left">${groupsView(tick.groups, now)} ${budgetView(status)}</div>
    ${resourcesView({ status, now, busy, ...resourceActions })}
    ${searchView({ resources: namesOf(status), search, wanted, onSearch: (...asked) => void lookUp(...asked) })}
    <div class="trio">${lettersView(letters)} ${oddView(odd)} ${lateView(status)}</div>
  `
}

/** Resources, each with its sets behind it. @param {OpenStatus} status */
function namesOf({ resources, sets }) {
  return resources.flatMap(({ name }) => [
    name,
    ...sets.filter(({ parent }) => parent === name).map((set) => set.name),
  ])
}
