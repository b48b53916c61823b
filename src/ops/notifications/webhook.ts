/** Notifications by HTTP: a CloudEvent in structured mode, signed as https://www.standardwebhooks.com has it. */
import { createHmac } from 'node:crypto'

import { formatInstant, type Instant } from '../../domain/instant.ts'
import type { FeedNotification } from '../../domain/notification.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { boundedText, type HttpFetch, type HttpFetchAnswer } from '../../support/http-fetch.ts'
import type { Renewable } from '../../support/renewable.ts'

const TIMEOUT_MS = 10_000
/** What an answer says beyond its status is of no use: longer ones are not read to their end. */
const MOST_READ_BYTES = 64 * 1024
const SECRET_PREFIX = 'whsec_'
/** Passes by itself: too early, too many, or the other side's fault. */
const PASSING = new Set([408, 425, 429])

/** How an address is asked. */
export interface WebhookWay {
  readonly fetch: HttpFetch
  /** Names of the settings that decide it, but for the address. */
  readonly settings: readonly string[]
}

export interface WebhookOptions {
  /** May hold a token, in its path or its query: it is never told. */
  readonly url: Pick<Renewable, 'reveal' | 'refresh'>
  readonly secret: Pick<Renewable, 'reveal' | 'refresh'>
  /** `TOPIC_PREFIX` */
  readonly prefix: string
  /** To this address. */
  readonly way: (url: string) => WebhookWay
  readonly now: () => Instant
}

/** As CloudEvents 1.0 has it in JSON; `data` is what this program says. */
function cloudEventOf({ id, at, ...data }: FeedNotification, prefix: string): object {
  const { resource, pass } = data
  return {
    specversion: '1.0',
    id,
    source: `/listingstream/${prefix}`,
    type: 'listingstream.FeedNotification',
    time: formatInstant(at),
    subject: resource === null ? prefix : `${resource}/${pass ?? ''}`,
    datacontenttype: 'application/json',
    data: { feed: prefix, ...data },
  }
}

/** `v1,` and HMAC-SHA256 over id, time and body. A secret that begins with `whsec_` is base64, any other one is its text. */
export function signatureOf(
  secret: string,
  { id, seconds, body }: { readonly id: string; readonly seconds: number; readonly body: string },
): string {
  const key = secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : Buffer.from(secret)
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
}

/**
 * One try. A file of the address or the secret that was renewed counts from the next one on.
 *
 * @throws {ListingstreamError} WEBHOOK_FAILED, which passes, or WEBHOOK_REFUSED
 */
export async function sendToWebhook(
  { url, secret, prefix, way, now }: WebhookOptions,
  notification: FeedNotification,
  signal: AbortSignal,
): Promise<void> {
  url.refresh()
  secret.refresh()
  const { id } = notification
  const body = JSON.stringify(cloudEventOf(notification, prefix))
  // Of this try: a receiver refuses what is old.
  const seconds = Math.floor(now() / 1000)
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatureOf(secret.reveal(), { id, seconds, body }),
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  const { fetch, settings } = way(url.reveal())
  let answer: HttpFetchAnswer
  try {
    // What is signed for one receiver goes to no other.
    answer = await fetch(url.reveal(), { method: 'POST', headers, body, redirect: 'manual', signal: within })
  } catch {
    signal.throwIfAborted()
    // The cause may quote the address.
    throw failed(`no answer within ${TIMEOUT_MS / 1000} s, or no connection`, settings)
  }
  await boundedText(answer, MOST_READ_BYTES).catch(() => undefined)
  const { status } = answer
  if (status >= 200 && status < 300) return
  const how = `HTTP ${status}`
  if (status >= 500 || PASSING.has(status)) throw failed(how, settings, retryAfterOf(answer))
  throw new ListingstreamError(
    `The webhook does not take notifications (${how}). Check ${['WEBHOOK_URL', 'WEBHOOK_SECRET', ...settings].join(', ')}, and what it says on its side.`,
    { code: 'WEBHOOK_REFUSED', retryable: false, disposition: 'retry' },
  )
}

function failed(how: string, settings: readonly string[], retryAfterMs?: number): ListingstreamError {
  const also = settings.length === 0 ? '' : ` Look at ${settings.join(' and ')}, too.`
  return new ListingstreamError(
    `The webhook does not answer (${how}). Check that WEBHOOK_URL can be reached from here.${also}`,
    { code: 'WEBHOOK_FAILED', retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  )
}

function retryAfterOf({ headers }: HttpFetchAnswer): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}
