import { request } from 'node:http'
import { text } from 'node:stream/consumers'

import { z } from 'zod'

import { ListingstreamError } from '../support/errors.ts'
import type { DaemonInfo } from './daemon-file.ts'

export interface DaemonRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with a slash. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
  readonly adminToken?: { reveal(): string } | null
}

const REFUSAL = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean().default(false),
  exitCode: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]).default(1),
})

/**
 * Asks the daemon that holds the folder and waits for its JSON answer, however long that takes. An error of the daemon
 * is thrown as it was there: same code, same message, same exit code.
 *
 * @throws {ListingstreamError} `DAEMON_UNREACHABLE`, `DAEMON_BAD_ANSWER` or the daemon's own.
 */
export async function askDaemon(
  daemon: DaemonInfo,
  question: DaemonRequest,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted()
  const answer = await exchange(daemon, question, signal)
  const body = parseJson(answer.body)
  if (answer.status >= 200 && answer.status < 300 && body !== undefined) return body
  const refusal = REFUSAL.safeParse(body)
  if (refusal.success) throw new ListingstreamError(refusal.data.message, refusal.data)
  throw new ListingstreamError(
    `What answers at ${daemon.url} is no listingstream daemon (HTTP ${answer.status}). If process ${daemon.pid} is none, remove daemon.json from DATA_DIR.`,
    { code: 'DAEMON_BAD_ANSWER', retryable: false },
  )
}

interface Answer {
  readonly status: number
  readonly body: string
}

// Not fetch: it gives up when no answer begins within five minutes, and a snapshot takes longer.
async function exchange(daemon: DaemonInfo, question: DaemonRequest, signal: AbortSignal): Promise<Answer> {
  const { method, path, body, adminToken } = question
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const json = body === undefined ? undefined : JSON.stringify(body)
  const sent = request(`${daemon.url}${path}`, {
    method,
    signal,
    agent: false,
    headers: {
      accept: 'application/json',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(adminToken ? { authorization: `Bearer ${adminToken.reveal()}` } : {}),
    },
  })
  sent.on('error', reject)
  sent.on('response', (response) => {
    text(response).then((received) => resolve({ status: response.statusCode ?? 0, body: received }), reject)
  })
  sent.end(json)
  try {
    return await promise
  } catch (cause) {
    signal.throwIfAborted()
    throw new ListingstreamError(
      `The daemon (process ${daemon.pid}, ${daemon.url}) gave no answer or broke off. Look at its log; if that process is no listingstream, remove daemon.json from DATA_DIR.`,
      { code: 'DAEMON_UNREACHABLE', retryable: true, cause },
    )
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
