/** What the operator asks for: each is a request to the feed, and what came of it is said. */
import { getJson, keepToken, pathOf, post, Refused, tokenState, Unanswered } from './api.js'
import { askPause, askToken, confirmed } from './dialogs.js'
import { keepingFocus } from './focus.js'
import { counted, number } from './format.js'
import { outcomeOf } from './outcome.js'
import { changed, state } from './state.js'

/** @import { Hold } from './view-holds.js' */

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error)
}

export function wrongToken() {
  return tokenState() === 'wrong' ? 'The token was not right.' : null
}

/** @param {string} why @returns {Promise<boolean>} whether one was given */
async function takeToken(why) {
  const given = await askToken(why, wrongToken())
  if (given === null) return false
  keepToken(given)
  return given !== ''
}

/** @param {string} pass @param {string} resource */
export function runNow(resource, pass) {
  return keepingFocus(() => run(resource, pass))
}

/** @param {string} pass @param {string} resource */
async function run(resource, pass) {
  const track = `${resource}/${pass}`
  if (state.busy.has(track)) return
  state.busy = new Set([...state.busy, track])
  changed()
  await act(`/resources/${resource}/passes/${pass}`, {}, outcomeOf)
  state.busy = new Set([...state.busy].filter((one) => one !== track))
  changed()
}

/** @param {string | null} resource null: all of them */
export function pause(resource) {
  const what = resource === null ? 'all passes' : `the passes of ${resource}`
  return keepingFocus(async () => {
    const wanted = await askPause(what)
    if (wanted !== null)
      await act('/pause', { ...ofResource(resource), ...wanted }, () => `Paused: ${what} by schedule.`)
  })
}

/** @param {string | null} resource */
export function resume(resource) {
  const what = resource === null ? 'All passes' : `The passes of ${resource}`
  return keepingFocus(() => act('/resume', ofResource(resource), () => `${what} by schedule go on.`))
}

/** @param {string | null} resource */
function ofResource(resource) {
  return resource === null ? {} : { resource }
}

/** @param {Hold} hold @param {number} upTo */
export function approve(hold, upTo) {
  return keepingFocus(() => approveUpTo(hold, upTo))
}

/** @param {Hold} hold @param {number} upTo */
async function approveUpTo(hold, upTo) {
  const { resource, sweep } = hold
  const meant = await confirmed({
    title: `Let up to ${number(upTo)} of ${heldOf(hold)} go?`,
    text: `The source is asked for each key of ${resource} again. If more than ${number(upTo)} would go, all of it is held still.`,
    yes: `Approve up to ${number(upTo)}`,
    danger: true,
  })
  if (meant) await decide(hold, 'approve', { sweep, max: upTo }, outcomeOf)
}

/** @param {Hold} hold */
export function reject(hold) {
  return keepingFocus(() => rejectAll(hold))
}

/** @param {Hold} hold */
async function rejectAll(hold) {
  const { resource, sweep, kind } = hold
  const isDeletes = kind === 'deletes'
  const meant = await confirmed({
    title: `Reject the hold of ${resource}?`,
    text: isDeletes
      ? 'Nothing is deleted. The next purge judges anew.'
      : 'Nothing is published. The next pass judges anew.',
    yes: 'Reject',
    danger: false,
  })
  const told = `The hold of ${heldOf(hold)} is rejected: nothing was ${isDeletes ? 'deleted' : 'published'}.`
  if (meant) await decide(hold, 'reject', { sweep }, () => told)
}

/** @param {Hold} hold */
function heldOf({ kind, deletes, records }) {
  return kind === 'deletes' ? counted(deletes, 'delete') : counted(records, 'record')
}

/** @param {Hold} hold @param {'approve' | 'reject'} decision @param {object} body @param {(answer: any) => string} told */
async function decide({ resource, sweep }, decision, body, told) {
  state.deciding = sweep
  changed()
  await act(`/resources/${resource}/hold/${decision}`, body, told)
  state.deciding = null
  changed()
}

/** @param {string} resource @param {string} key @param {boolean} ask */
export function lookUp(resource, key, ask) {
  return keepingFocus(() => look(resource, key, ask))
}

/** @param {unknown} error @param {string} key that was looked up */
function flawOf(error, key) {
  const isNoKey = error instanceof Refused && error.code === 'HTTP_BAD_REQUEST'
  return isNoKey
    ? `“${key}” is not the key of a record: a key begins with a letter or a digit and has no blanks; that of a listing is 26 digits. Look whether it was copied as it is.`
    : messageOf(error)
}

/** @param {string} resource @param {string} key @param {boolean} ask */
async function look(resource, key, ask) {
  state.search = { busy: true, report: state.search.report, error: null, isLost: false }
  changed()
  const path = `${pathOf(String(state.prefix))}/resources/${encodeURIComponent(resource)}/keys/${encodeURIComponent(key)}/why?ask=${ask}`
  try {
    state.search = { busy: false, report: await getJson(path), error: null, isLost: false }
  } catch (error) {
    state.search = {
      busy: false,
      report: null,
      error: flawOf(error, key),
      isLost: error instanceof Unanswered,
    }
    const mayTry = error instanceof Refused && error.wantsToken
    if (mayTry && (await takeToken('To ask the source spends requests, so it needs the token.'))) {
      await look(resource, key, ask)
      return
    }
  }
  changed()
}

/**
 * Asks for a token where one is needed, and then once more.
 *
 * @param {string} path under the feed's
 * @param {object} body
 * @param {(answer: any) => string} told
 */
async function act(path, body, told) {
  state.notice = null
  try {
    tell('good', told(await post(`${pathOf(String(state.prefix))}${path}`, body)))
  } catch (error) {
    const mayTry = error instanceof Refused && error.wantsToken
    if (mayTry && (await takeToken('This changes something, so it needs the token.'))) {
      await act(path, body, told)
      return
    }
    tell('bad', messageOf(error), error instanceof Unanswered)
  }
  changed()
}

/** @param {'good' | 'bad'} kind @param {string} text */
function tell(kind, text, isLost = false) {
  state.notice = { kind, text, at: new Date().toISOString(), isLost }
}

/** The connection is there again: what was told of its loss is over. */
export function forgetLoss() {
  if (state.notice?.isLost === true) state.notice = null
  if (state.search.isLost) state.search = { ...state.search, error: null, isLost: false }
}
