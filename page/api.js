/** Requests to the daemon, with the operator's token where it needs one. It is kept as long as the tab. */

const TOKEN = 'listingstream-admin-token'
/** What the daemon said of the token that is kept. @type {'unknown' | 'right' | 'wrong'} */
let verdict = 'unknown'
/** Methods that were refused without the right one: what is answered to others says nothing of it. @type {Set<string>} */
const guarded = new Set()

/** What the daemon answered instead of what was asked for. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }

  /** Whether a token would help. */
  get wantsToken() {
    return this.status === 401
  }
}

/** There was no answer. */
export class Unanswered extends Error {}

/** @returns {string | null} */
function token() {
  return sessionStorage.getItem(TOKEN)
}

/** @returns {'none' | typeof verdict} */
export function tokenState() {
  return token() === null ? 'none' : verdict
}

/** @param {string} text empty: forget it */
export function keepToken(text) {
  verdict = 'unknown'
  if (text === '') sessionStorage.removeItem(TOKEN)
  else sessionStorage.setItem(TOKEN, text)
}

/** @param {string} prefix */
export function pathOf(prefix) {
  return `/feeds/${encodeURIComponent(prefix)}`
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>} a good one
 */
export async function get(path, signal) {
  return await send(path, { method: 'GET', ...(signal === undefined ? {} : { signal }) })
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function getJson(path) {
  return await (await get(path)).json()
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function post(path, body) {
  const headers = { 'content-type': 'application/json' }
  return await (await send(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

/**
 * @param {string} path
 * @param {Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }} init
 */
async function send(path, init) {
  const kept = token()
  const headers = { ...init.headers, ...(kept === null ? {} : { authorization: `Bearer ${kept}` }) }
  const response = await answerTo(path, { ...init, headers, credentials: 'omit', cache: 'no-store' })
  const { method = 'GET' } = init
  if (response.status === 401) {
    guarded.add(method)
    // Not by one that has been replaced meanwhile.
    if (kept === token()) verdict = 'wrong'
  } else if (guarded.has(method) && kept === token()) verdict = 'right'
  if (response.ok) return response
  const answer = await response.json().catch(() => ({}))
  const { code = `HTTP ${response.status}`, message = 'The daemon gave no reason.' } = answer
  throw new Refused(response.status, String(code), String(message))
}

/** A browser says no more of it than that it failed. @param {string} path @param {RequestInit} init */
async function answerTo(path, init) {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    const isAsked = init.method === 'GET'
    throw new Unanswered(
      `Connection lost, trying again.${isAsked ? '' : ' Whether this was done is not known: look once it is back.'}`,
    )
  }
}
