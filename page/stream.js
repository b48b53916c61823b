/** Server-sent events, read by fetch: an EventSource cannot send the operator's token. */
import { get, Refused } from './api.js'

/** It sends something each second. */
const SILENT_MS = 10_000
const RETRY_MS = [1_000, 2_000, 5_000, 10_000]

/**
 * @typedef {object} Listener
 * @property {(data: unknown, isFirst: boolean) => void} event the first one of each connection tells all
 * @property {(state: 'live' | 'lost' | 'denied', why: string) => void} state
 */

/**
 * Follows a stream, again and again, until the signal aborts, or somebody has to give a token.
 *
 * @param {string} path
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
export async function follow(path, listener, signal) {
  for (let failures = 0; !signal.aborted; failures += 1) {
    let isFirst = true
    try {
      await readOnce(
        path,
        (data) => {
          failures = 0
          listener.state('live', '')
          listener.event(data, isFirst)
          isFirst = false
        },
        signal,
      )
      listener.state('lost', 'The daemon has closed it.')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
        listener.state('denied', error.message)
        return
      }
      listener.state('lost', error instanceof Refused ? error.message : 'The daemon does not answer.')
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0, signal)
  }
}

/**
 * @param {string} path
 * @param {(data: unknown) => void} onData
 * @param {AbortSignal} signal
 */
async function readOnce(path, onData, signal) {
  const silent = new AbortController()
  let timer = setTimeout(() => silent.abort(), SILENT_MS)
  try {
    const { body } = await get(path, AbortSignal.any([signal, silent.signal]))
    if (body === null) return
    let text = ''
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => silent.abort(), SILENT_MS)
      text += value
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) take(event, onData)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** @param {string} event @param {(data: unknown) => void} onData */
function take(event, onData) {
  const data = event.split('\n').filter((line) => line.startsWith('data: '))
  if (data.length > 0) onData(JSON.parse(data.map((line) => line.slice(6)).join('\n')))
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
