import { request, type IncomingMessage } from 'node:http'

import { z } from 'zod'

import { errorCode } from '../support/error-code.ts'
import { ListingstreamError } from '../support/errors.ts'
import { parseJson } from '../support/parse-json.ts'
import type { DaemonInfo } from './daemon-file.ts'
import { isLoopback } from './loopback.ts'

export interface DaemonRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with a slash. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
  readonly adminToken?: { reveal(): string } | null
}

const REFUSAL = z.object({
  code: z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/),
  message: z.string(),
  retryable: z.boolean().default(false),
  exitCode: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]).default(1),
})

/** It gave no whole answer; it may have gone. */
export class DaemonUnreachableError extends ListingstreamError {
  constructor({ pid, url }: DaemonInfo, cause: unknown) {
    super(
      `The daemon (process ${pid}, ${url}) gave no answer or broke off. Look at its log; if that process is no listingstream, remove daemon.json from DATA_DIR.`,
      { code: 'DAEMON_UNREACHABLE', retryable: true, cause },
    )
  }
}

/** With a daemon's instance as its value: what has another one refuses the request. */
export const INSTANCE_HEADER = 'listingstream-instance'

/** For an answer that takes a daemon no work. */
const PRESENCE_WITHIN_MS = 3_000
const LARGEST_PRESENCE_BYTES = 4096
const PRESENCE = z.object({ alive: z.literal(true), instanceId: z.string() })

/**
 * Why what is at the daemon's address is not this daemon; undefined if it is.
 *
 * @param withinMs what has not answered by then is not it
 * @throws {ListingstreamError} `DAEMON_NOT_LOCAL`
 */
export async function whyAbsent(
  daemon: DaemonInfo,
  signal: AbortSignal,
  withinMs = PRESENCE_WITHIN_MS,
): Promise<string | undefined> {
  signal.throwIfAborted()
  requireLoopback(daemon)
  const timeout = AbortSignal.timeout(withinMs)
  try {
    const question: DaemonRequest = { method: 'GET', path: '/livez' }
    const answer = await exchange(
      daemon,
      question,
      AbortSignal.any([signal, timeout]),
      LARGEST_PRESENCE_BYTES,
    )
    const presence = PRESENCE.safeParse(parseJson(answer.body))
    if (presence.success && presence.data.instanceId === daemon.instanceId) return undefined
    return presence.success || answer.status === MISDIRECTED
      ? 'another daemon answers there'
      : 'what answers there is no listingstream daemon'
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) return `no answer within ${withinMs / 1000} s`
    const { cause } = error instanceof Error ? error : { cause: undefined }
    const code = errorCode(cause)
    return `it does not answer${code === undefined ? '' : ` (${code})`}`
  }
}

const MISDIRECTED = 421

/**
 * Asks the daemon that holds the folder and waits for its JSON answer, however long that takes. An error of the daemon
 * is thrown as it was there: same code, same message, same exit code.
 *
 * Asks on this machine alone: what it sends may be a secret, and is not encrypted.
 *
 * @throws {ListingstreamError} `DAEMON_NOT_LOCAL`, `DAEMON_UNREACHABLE`, `DAEMON_BAD_ANSWER` or the daemon's own.
 */
export async function askDaemon(
  daemon: DaemonInfo,
  question: DaemonRequest,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted()
  requireLoopback(daemon)
  const answer = await exchange(daemon, question, signal)
  const body = parseJson(answer.body)
  if (answer.status >= 200 && answer.status < 300 && body !== undefined) return body
  const refusal = REFUSAL.safeParse(body)
  // Whatever it was to the daemon: it ends the command.
  if (refusal.success) {
    throw new ListingstreamError(refusal.data.message, { ...refusal.data, disposition: 'stop' })
  }
  throw new ListingstreamError(
    `What answers at ${daemon.url} is no listingstream daemon (HTTP ${answer.status}). If process ${daemon.pid} is none, remove daemon.json from DATA_DIR.`,
    { code: 'DAEMON_BAD_ANSWER', retryable: false, disposition: 'stop' },
  )
}

function requireLoopback({ url, pid }: DaemonInfo): void {
  if (isLoopback(new URL(url).hostname)) return
  throw new ListingstreamError(
    `The daemon that holds DATA_DIR (process ${pid}) listens at ${url}, which is no loopback address, so no command is handed to it. Set HTTP_HOST to 127.0.0.1 or, to be reached from elsewhere too, to 0.0.0.0.`,
    { code: 'DAEMON_NOT_LOCAL', retryable: false, disposition: 'stop' },
  )
}

/** The fates of a hundred thousand dead letters stay below this. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024

interface Answer {
  readonly status: number
  readonly body: string
}

// Not fetch: it gives up when no answer begins within five minutes, and a snapshot takes longer.
async function exchange(
  daemon: DaemonInfo,
  question: DaemonRequest,
  signal: AbortSignal,
  mostBytes = LARGEST_ANSWER_BYTES,
): Promise<Answer> {
  const { method, path, body, adminToken } = question
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const json = body === undefined ? undefined : JSON.stringify(body)
  const sent = request(`${daemon.url}${path}`, {
    method,
    signal,
    agent: false,
    headers: {
      accept: 'application/json',
      [INSTANCE_HEADER]: daemon.instanceId,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(adminToken ? { authorization: `Bearer ${adminToken.reveal()}` } : {}),
    },
  })
  sent.on('error', reject)
  sent.on('response', (response) => {
    textOf(response, mostBytes).then(
      (received) => resolve({ status: response.statusCode ?? 0, body: received }),
      reject,
    )
  })
  sent.end(json)
  try {
    return await promise
  } catch (cause) {
    signal.throwIfAborted()
    throw new DaemonUnreachableError(daemon, cause)
  }
}

/** What is longer than it may be is not read to its end. */
async function textOf(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const part = Buffer.from(chunk)
    chunks.push(part)
    bytes += part.length
    if (bytes > mostBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
