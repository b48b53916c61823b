import { z } from 'zod'

import { errorCode } from '../support/error-code.ts'
import { ListingstreamError } from '../support/errors.ts'
import { boundedText, type HttpFetch, type HttpFetchAnswer } from '../support/http-fetch.ts'
import { parseJson } from '../support/parse-json.ts'
import type { Renewable } from '../support/renewable.ts'
import { keepSecret, quoteForeign } from '../support/secrets.ts'

const TIMEOUT_MS = 10_000
const LARGEST_ANSWER_BYTES = 1024 * 1024
/** RFC 6749, 5.1 and 5.2. Some servers send the lifetime as a text. */
const GRANTED = z.object({
  access_token: z.string().regex(/^[\x21-\x7E]+$/),
  expires_in: z.coerce.number().nonnegative().optional(),
})
const REFUSED = z.object({ error: z.string(), error_description: z.string().optional() })

export interface AccessTokensOptions {
  /** Token endpoint of the authorization server. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: Renewable
  /** Null: the server's default. */
  readonly scope: string | null
  readonly fetch: HttpFetch
  /** Milliseconds. */
  readonly now: () => number
}

interface Granted {
  readonly text: string
  readonly until: number
}

/** Access tokens by the client credentials grant of OAuth 2.0 (RFC 6749, 4.4), with HTTP basic authentication. */
export class AccessTokens {
  readonly #options: AccessTokensOptions
  #last: Granted | undefined

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  /**
   * One that has at least half of its life before it: whoever logs in with it is let in for no longer than it lives.
   *
   * @throws {AccessTokenError}
   */
  async token(signal: AbortSignal): Promise<string> {
    const { now } = this.#options
    if (this.#last !== undefined && now() < this.#last.until) return this.#last.text
    const asked = now()
    const { access_token: text, expires_in: seconds = 0 } = await this.#ask(signal)
    keepSecret(text)
    this.#last = { text, until: asked + (seconds * 1000) / 2 }
    return text
  }

  async #ask(signal: AbortSignal): Promise<z.infer<typeof GRANTED>> {
    this.#options.clientSecret.refresh()
    const { status, text } = await this.#answer(signal)
    const body = parseJson(text)
    const granted = GRANTED.safeParse(body)
    if (status === 200 && granted.success) return granted.data
    const { url, clientSecret } = this.#options
    const how = `HTTP ${status}${reasonOf(body)}`
    if (status === 408 || status === 429 || status >= 500) throw unreachable(url, how)
    const file = clientSecret.file === null ? '' : `, read from ${clientSecret.file}`
    throw new AccessTokenError(
      `The authorization server gives no access token (${url}: ${how}). Check KAFKA_SASL_OAUTH_TOKEN_URL, KAFKA_SASL_OAUTH_CLIENT_ID, KAFKA_SASL_OAUTH_CLIENT_SECRET${file} and KAFKA_SASL_OAUTH_SCOPE.`,
      { code: 'KAFKA_TOKEN_REFUSED', retryable: false, disposition: 'retry' },
    )
  }

  async #answer(signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
    const { url, clientId, clientSecret, scope, fetch } = this.#options
    const login = [clientId, clientSecret.reveal()].map(encodeURIComponent).join(':')
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === null ? {} : { scope }),
    })
    try {
      const answer: HttpFetchAnswer = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          authorization: `Basic ${Buffer.from(login).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: body.toString(),
        // The secret goes nowhere else.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      return { status: answer.status, text: await boundedText(answer, LARGEST_ANSWER_BYTES) }
    } catch (cause) {
      signal.throwIfAborted()
      throw unreachable(url, causeOf(cause), cause)
    }
  }
}

class AccessTokenError extends ListingstreamError {}

function unreachable(url: string, how: string, cause?: unknown): AccessTokenError {
  return new AccessTokenError(
    `The authorization server does not answer (${url}: ${how}). Check that it is up, KAFKA_SASL_OAUTH_TOKEN_URL, and proxy and authorities (docs/operations.md).`,
    { code: 'KAFKA_TOKEN_UNREACHABLE', retryable: true, cause },
  )
}

function causeOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined
  return errorCode(error) ?? errorCode(inner) ?? 'no answer'
}

function reasonOf(body: unknown): string {
  const refused = REFUSED.safeParse(body).data
  if (refused === undefined) return ''
  const { error, error_description: description } = refused
  return `, ${quoteForeign(description === undefined ? error : `${error}: ${description}`)}`
}
