import { inspect } from 'node:util'
import type { ServerResponse } from 'node:http'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LISTINGS } from '../../src/resources/listings.ts'
import type { SourcePage } from '../../src/replication/ports.ts'
import { SparkApiError } from '../../src/spark/spark-api-error.ts'
import type { SparkSource } from '../../src/spark/spark-source.ts'
import { httpSource } from './http-source.ts'
import {
  collect,
  d,
  failure,
  fixture,
  keyOf,
  page,
  row,
  TOKEN,
  zipped,
  NOW,
  type Reply,
  type Step,
} from './scripted-api.ts'

const END = page([row(1)])

function firstPage(source: SparkSource, signal = AbortSignal.timeout(5_000)): Promise<SourcePage[]> {
  return collect(
    source.walk({ resource: LISTINGS, filter: '', select: 'everything', purpose: 'walk', token: '' }, signal),
  )
}

async function errorOf(promise: Promise<unknown>): Promise<SparkApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SparkApiError)) throw new Error(`${inspect(error)} is no SparkApiError`)
  return error
}

describe('a token that is renewed while the program runs', () => {
  const user = { userId: 'user-1', mlsId: 'mls-1' }
  const system = (userId: string): Reply => d({ Results: [{ Id: userId, MlsId: 'mls-1' }] })

  /** As a token of a file: the second one is there by the time of the first refusal. */
  function renewable() {
    let current = TOKEN
    return {
      file: '/run/secrets/spark-token',
      reveal: () => current,
      refresh: () => {
        const changed = current === TOKEN
        current = 'renewed-token-4712'
        return changed
      },
    }
  }

  test.each([1000, 1020, 1010])('is read again at 401/%i, and the call goes on with it', async (code) => {
    await using t = await fixture([failure(401, code), system('user-1'), END, END], {
      accessToken: renewable(),
      user,
    })
    expect((await firstPage(t.source))[0]?.records[0]?.key).toBe(keyOf(1))
    expect(t.waits).toEqual([])
    expect((await firstPage(t.source))[0]?.records[0]?.key).toBe(keyOf(1))
    expect(t.api.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v1/listings', `Bearer ${TOKEN}`],
      ['/v1/system', 'Bearer renewed-token-4712'],
      ['/v1/listings', 'Bearer renewed-token-4712'],
      ['/v1/listings', 'Bearer renewed-token-4712'],
    ])
  })

  test('is not used if it is of another user: what that one may not see would look deleted (R9)', async () => {
    const steps = [failure(401, 1000), system('user-2'), system('user-2')]
    await using t = await fixture(steps, { accessToken: renewable(), user })
    const error = await errorOf(firstPage(t.source))
    expect(error).toMatchObject({ code: 'SPARK_USER_CHANGED', retryable: false })
    expect(error.message).toContain('/run/secrets/spark-token')
    await expect(firstPage(t.source)).rejects.toMatchObject({ code: 'SPARK_USER_CHANGED' })
    expect(t.api.asked.map(({ path }) => path)).toEqual(['/v1/listings', '/v1/system', '/v1/system'])
  })

  test('is named by its file if it is refused, and not tried without end', async () => {
    const accessToken = { ...renewable(), refresh: () => false }
    await using t = await fixture([failure(401, 1000)], { accessToken, user })
    const error = await errorOf(firstPage(t.source))
    expect(error.code).toBe('SPARK_UNAUTHORIZED')
    expect(error.message).toContain('It was read from /run/secrets/spark-token')
    expect(t.api.asked).toHaveLength(1)
  })
})

describe('retries', () => {
  const passing: readonly (readonly [string, Step])[] = [
    ['429', failure(429, 1550)],
    ['500 with 1026', failure(500, 1026)],
    ['502 of a gateway', { status: 502, body: 'Bad Gateway' }],
    ['503 with 1024', failure(503, 1024)],
    ['a cut body', cutBody],
    ['a connection that is reset', (_request, response) => response.destroy()],
    ['a cut gzip body', { headers: { 'content-encoding': 'gzip' }, body: gzipCut(END) }],
    ['JSON that is cut', { body: '{"D":{"Success":true,"Resu' }],
  ]
  test.each(passing)('%s is asked again', async (_what, step) => {
    await using t = await fixture([step, END])
    expect((await firstPage(t.source))[0]?.records[0]?.key).toBe(keyOf(1))
    expect(t.api.asked).toHaveLength(2)
  })

  test.each([
    [401, 1000],
    [401, 1010],
    [403, 1015],
    [403, 1021],
    [400, 1040],
    [403, 1500],
  ])('HTTP %i with %i is not', async (status, code) => {
    await using t = await fixture([failure(status, code), END])
    await expect(firstPage(t.source)).rejects.toMatchObject({ apiCode: code, retryable: false })
    expect(t.api.asked).toHaveLength(1)
  })

  test('an expired session is asked once more, then given up', async () => {
    await using t = await fixture([failure(401, 1020), failure(401, 1020), END])
    await expect(firstPage(t.source)).rejects.toMatchObject({
      code: 'SPARK_SESSION_EXPIRED',
      retryable: false,
    })
    expect(t.api.asked).toHaveLength(2)
  })

  test('end after the given number of attempts, with the last error', async () => {
    await using t = await fixture([1510, 1510, 1510, 1024].map((code) => failure(503, code)))
    await expect(firstPage(t.source)).rejects.toMatchObject({ code: 'SPARK_NOT_IN_SYNC', retryable: true })
    expect(t.api.asked).toHaveLength(4)
  })

  test('wait twice as long each time, up to the cap, with full jitter', async () => {
    const steps = Array.from({ length: 6 }, () => failure(503, 1510))
    const retry = { attempts: 6, baseMs: 100, capMs: 1_000 }
    await using half = await fixture(steps, { retry, random: () => 0.5 })
    await expect(firstPage(half.source)).rejects.toThrow(SparkApiError)
    expect(half.waits).toEqual([50, 100, 200, 400, 500])

    await using none = await fixture(steps, { retry, random: () => 0 })
    await expect(firstPage(none.source)).rejects.toThrow(SparkApiError)
    expect(none.waits).toEqual([0, 0, 0, 0, 0])
  })

  test.each([
    ['3', 3_000],
    ['Sat, 02 May 2026 14:00:20 GMT', 20_000],
    ['0', 50],
    ['nonsense', 50],
  ])('Retry-After: %s makes the wait %d ms', async (value, ms) => {
    await using t = await fixture([{ ...failure(429, 1550), headers: { 'retry-after': value } }, END])
    await firstPage(t.source)
    expect(t.waits).toEqual([ms])
  })

  test('a Retry-After above five minutes is left to the caller', async () => {
    await using t = await fixture([{ ...failure(429, 1550), headers: { 'retry-after': '1800' } }, END])
    await expect(firstPage(t.source)).rejects.toMatchObject({
      code: 'SPARK_RATE_LIMITED',
      retryable: true,
      retryAfterMs: 1_800_000,
    })
    expect(t.api.asked).toHaveLength(1)
  })

  test('whatever fails in passing before the end, the page is the same and the numbers are those of the attempts', async () => {
    const faults: readonly Step[] = [failure(503, 1510), failure(429, 1550), { status: 504 }, { body: '{' }]
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...faults), { maxLength: 3 }), async (before) => {
        await using t = await fixture([...before, END])
        expect(await firstPage(t.source)).toMatchObject([
          { request: before.length + 1, nextToken: null, records: [{ key: keyOf(1) }] },
        ])
      }),
      { numRuns: 20 },
    )
  })
})

describe('the body', () => {
  test('is unzipped', async () => {
    await using t = await fixture([zipped(END)])
    expect((await firstPage(t.source))[0]?.records[0]?.key).toBe(keyOf(1))
  })

  test('is read with its big integers whole (R12)', async () => {
    const body = `{"D":{"Success":true,"Results":[{"Id":"${keyOf(1)}","Big":12345678901234567890}]}}`
    await using t = await fixture([{ body }])
    expect((await firstPage(t.source))[0]?.records[0]?.body['Big']).toEqual({ text: '12345678901234567890' })
  })

  test('may begin with a byte order mark and hold any text', async () => {
    const remarks = 'Straße · 家 · 🏠'
    const { body } = page([row(1, { PublicRemarks: remarks })])
    await using t = await fixture([{ body: `\uFEFF${String(body)}` }])
    const [only] = await firstPage(t.source)
    expect(only?.records[0]?.body['StandardFields']).toMatchObject({ PublicRemarks: remarks })
  })

  test('in an encoding that nobody asked for is an error', async () => {
    const reply: Reply = { headers: { 'content-encoding': 'br' }, body: 'x' }
    await using t = await fixture([reply], { retry: { attempts: 1, baseMs: 1, capMs: 1 } })
    await expect(firstPage(t.source)).rejects.toMatchObject({ code: 'SPARK_BAD_RESPONSE' })
  })
})

describe('time limits and cancellation', () => {
  const once = { attempts: 1, baseMs: 1, capMs: 1 }
  const hanging: readonly (readonly [string, Step])[] = [
    ['an answer that does not begin', () => undefined],
    ['a body that does not end', (_request, response) => void response.writeHead(200).write('{"D":')],
  ]

  test.each(hanging)('%s is a timeout, which may pass', async (_what, step) => {
    await using t = await fixture([step], { requestTimeoutMs: 100, retry: once })
    await expect(firstPage(t.source)).rejects.toMatchObject({ code: 'SPARK_TIMEOUT', retryable: true })
  })

  test('a page that did not come in time is asked for in halves', async () => {
    await using t = await fixture([() => undefined, END], { requestTimeoutMs: 100 })
    await firstPage(t.source)
    expect(t.api.asked.map(({ query }) => query['_limit'])).toEqual(['1000', '500'])
  })

  test.each(hanging)("%s is left at once with the signal's reason when it aborts", async (_what, step) => {
    const stop = new AbortController()
    const reason = new Error('stop')
    await using t = await fixture([
      (request, response) => {
        if (typeof step === 'function') step(request, response)
        stop.abort(reason)
      },
    ])
    await expect(firstPage(t.source, stop.signal)).rejects.toBe(reason)
    expect(t.events).toEqual([])
  })

  test('an abort ends the wait between attempts', async () => {
    const stop = new AbortController()
    await using t = await fixture([failure(503, 1510)], {
      clock: {
        now: () => NOW,
        sleep: async (_ms, signal) => {
          stop.abort(new Error('stop'))
          signal.throwIfAborted()
        },
      },
    })
    await expect(firstPage(t.source, stop.signal)).rejects.toThrow('stop')
    expect(t.api.asked).toHaveLength(1)
  })

  test('nothing is sent once the signal has aborted', async () => {
    await using t = await fixture([END])
    await expect(firstPage(t.source, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
    expect(t.api.asked).toEqual([])
  })

  test('disposal closes the sockets', async () => {
    const closed = Promise.withResolvers<void>()
    await using t = await fixture([
      (request, response) => {
        request.socket.once('close', () => closed.resolve())
        response.end(END.body)
      },
    ])
    await firstPage(t.source)
    await t.source[Symbol.asyncDispose]()
    await closed.promise
  })

  test('no timer is left behind, whether a request ended well or not', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const stop = new AbortController()
    await using t = await fixture([END, () => stop.abort(new Error('stop'))])
    await firstPage(t.source)
    await expect(firstPage(t.source, stop.signal)).rejects.toThrow('stop')
    expect(timers()).toBeLessThanOrEqual(before)
  })

  test('connections are used again', async () => {
    const ports = new Set<number | undefined>()
    const answer =
      (reply: Reply): Step =>
      (request, response) => {
        ports.add(request.socket.remotePort)
        response.end(reply.body)
      }
    const pages = Array.from({ length: 9 }, (_, n) => answer(page([row(n)], `T${n}`)))
    await using t = await fixture([...pages, answer(page([]))])
    await firstPage(t.source)
    expect(t.api.asked).toHaveLength(10)
    expect(ports.size).toBeLessThanOrEqual(2)
  })
})

describe('an API that cannot be reached', () => {
  test('is an outage that names host and setting', async () => {
    await using gone = await fixture([])
    const { url } = gone.api
    await gone.api[Symbol.asyncDispose]()
    await using t = await fixture([], { apiUrl: url, retry: { attempts: 2, baseMs: 1, capMs: 1 } })
    const error = await errorOf(firstPage(t.source))
    expect(error).toMatchObject({ code: 'SPARK_CONNECTION', retryable: true, httpStatus: undefined })
    expect(error.message).toContain(new URL(url).host)
    expect(error.message).toContain('SPARK_API_URL')
    expect(t.waits).toHaveLength(1)
  })
})

describe('secrets (R15)', () => {
  const leaking: readonly (readonly [string, Step])[] = [
    [
      'a message that quotes it',
      { status: 401, body: JSON.stringify({ D: { Success: false, Code: 1000, Message: `bad ${TOKEN}!` } }) },
    ],
    ['a connection error', (_request, response) => response.destroy()],
    ['a body that is no JSON', { body: `<p>${TOKEN}</p>` }],
    ['a timeout', () => undefined],
  ]
  test.each(leaking)('the token is in no part of the error after %s', async (_what, step) => {
    const retry = { attempts: 1, baseMs: 1, capMs: 1 }
    await using t = await fixture([step], { retry, requestTimeoutMs: 100 })
    const error = await errorOf(firstPage(t.source))
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(TOKEN)
    expect(inspect(t.events)).not.toContain(TOKEN)
  })

  test.each(['', 'two words', 'line\nbreak', 'naïve'])(
    'a token like %j is refused before it is sent',
    (accessToken) => {
      expect(() => sourceWith({ accessToken })).toThrow(
        expect.objectContaining({ code: 'SPARK_SETTINGS', exitCode: 2, retryable: false }),
      )
    },
  )

  test.each(['sparkapi.com', 'ftp://api.example', 'https://user:pw@api.example', 'https://api.example/?a=1'])(
    'an API URL like %j is refused, unquoted',
    (apiUrl) => {
      const make = (): SparkSource => sourceWith({ apiUrl })
      expect(make).toThrow(expect.objectContaining({ code: 'SPARK_SETTINGS', exitCode: 2 }))
      expect(make).not.toThrow(apiUrl)
    },
  )
})

describe('metrics', () => {
  test('every attempt is told, without what was asked', async () => {
    const ok = zipped(END)
    await using t = await fixture([failure(503, 1510), (_request, response) => response.destroy(), ok])
    await firstPage(t.source)
    const asked = { path: '/v1/listings', purpose: 'walk' }
    const durationMs = expect.any(Number)
    expect(t.events).toEqual([
      { ...asked, status: 503, code: 'SPARK_UNAVAILABLE', durationMs, bytes: expect.any(Number) },
      { ...asked, status: null, code: 'SPARK_CONNECTION', durationMs, bytes: 0 },
      { ...asked, status: 200, code: 'OK', durationMs, bytes: ok.body?.length },
    ])
  })
})

function sourceWith(options: { readonly apiUrl?: string; readonly accessToken?: string }): SparkSource {
  return httpSource({ apiUrl: 'https://api.example', accessToken: TOKEN, ...options })
}

function cutBody(_request: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"D":{"Success":true', () => response.destroy())
}

function gzipCut(reply: Reply): Uint8Array {
  const { body = '' } = zipped(reply)
  return Buffer.from(body).subarray(0, -12)
}
