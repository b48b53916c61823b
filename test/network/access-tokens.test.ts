import { expect, test } from 'vitest'

import { AccessTokens } from '../../src/network/access-tokens.ts'
import type { HttpFetch } from '../../src/support/http-fetch.ts'
import type { Renewable } from '../../src/support/renewable.ts'
import { strike } from '../../src/support/secrets.ts'

const signal = new AbortController().signal
const URL_OF_TOKENS = 'https://login.example.com/token'

interface Reply {
  readonly status?: number
  readonly body: unknown
}

/** Answers one after the other; what it was asked is kept. */
function server(...replies: readonly Reply[]) {
  const asked: Parameters<HttpFetch>[1][] = []
  const left = [...replies]
  const fetch: HttpFetch = async (_url, request) => {
    asked.push(request)
    const { status = 200, body } = left.shift() ?? { status: 500, body: '' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return {
      status,
      headers: { get: () => null },
      body: (async function* () {
        yield Buffer.from(text)
      })(),
    }
  }
  return { asked, fetch }
}

/** A secret that is another one whenever it is read again. */
function renewable(...texts: readonly string[]): Renewable {
  let at = -1
  return {
    file: '/run/secrets/client',
    reveal: () => texts[Math.max(0, at)] ?? '',
    refresh: () => ((at += 1), true),
  }
}

function tokensOf(fetch: HttpFetch, clock: { now: number }, secret = renewable('s3cret one', 's3cret two')) {
  return new AccessTokens({
    url: URL_OF_TOKENS,
    clientId: 'a:b',
    clientSecret: secret,
    scope: null,
    fetch,
    now: () => clock.now,
  })
}

const granted = (token: string, seconds?: number | string): Reply => ({
  body: {
    access_token: token,
    token_type: 'Bearer',
    ...(seconds === undefined ? {} : { expires_in: seconds }),
  },
})

test('a token is given out during half of its life, and a new one after it, with the secret as it is by then', async () => {
  const clock = { now: 1_000 }
  const { asked, fetch } = server(granted('token-one', 300), granted('token-two', '300'))
  const tokens = tokensOf(fetch, clock)
  expect(await tokens.token(signal)).toBe('token-one')
  clock.now += 149_999
  expect(await tokens.token(signal)).toBe('token-one')
  clock.now += 1
  expect(await tokens.token(signal)).toBe('token-two')
  const logins = asked.map(({ headers }) =>
    Buffer.from(headers['authorization']?.slice(6) ?? '', 'base64').toString(),
  )
  // Both are form-encoded before they are joined (RFC 6749, 2.3.1).
  expect(logins).toEqual(['a%3Ab:s3cret%20one', 'a%3Ab:s3cret%20two'])
  expect(asked.map(({ body }) => body)).toEqual(Array(2).fill('grant_type=client_credentials'))
})

test('a token of unknown life is used once', async () => {
  const { asked, fetch } = server(granted('token-a'), granted('token-b'))
  const tokens = tokensOf(fetch, { now: 0 })
  expect([await tokens.token(signal), await tokens.token(signal)]).toEqual(['token-a', 'token-b'])
  expect(asked).toHaveLength(2)
})

test('a token is struck from what is said from then on (R15)', async () => {
  await tokensOf(server(granted('token-to-strike', 60)).fetch, { now: 0 }).token(signal)
  expect(strike('it was token-to-strike')).not.toContain('token-to-strike')
})

test.each([
  ['refused', { status: 401, body: { error: 'invalid_client' } }, 'KAFKA_TOKEN_REFUSED', false],
  [
    'redirected, which could take the secret elsewhere',
    { status: 302, body: '' },
    'KAFKA_TOKEN_REFUSED',
    false,
  ],
  ['answered by something else', { body: '<html>' }, 'KAFKA_TOKEN_REFUSED', false],
  ['a token that would break out of its header', granted('a\r\nb', 60), 'KAFKA_TOKEN_REFUSED', false],
  ['too many', { status: 429, body: '' }, 'KAFKA_TOKEN_UNREACHABLE', true],
  ['down', { status: 503, body: '' }, 'KAFKA_TOKEN_UNREACHABLE', true],
])('what is %s is told as what it is', async (_what, reply, code, retryable) => {
  const failed = tokensOf(server(reply).fetch, { now: 0 }).token(signal)
  await expect(failed).rejects.toMatchObject({
    code,
    retryable,
    message: expect.stringContaining(URL_OF_TOKENS),
  })
  await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') })
})
