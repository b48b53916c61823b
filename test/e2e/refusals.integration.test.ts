import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'

import { freePort } from '../../src/stack/ports.ts'
import type { CliExit } from '../fixtures/cli.ts'
import { LiveFeed } from './live-feed.ts'

/** The line for the operator; everything else on stderr must be the log. */
function errorLine({ stderr }: CliExit): string {
  const lines = stderr.trim().split('\n')
  const [line = '', ...others] = lines.filter((text) => !text.startsWith('{"level"'))
  expect(others).toEqual([])
  expect(stderr).not.toMatch(/^\s+at .+:\d+/m)
  return line
}

describe('a refusal of the API is one line that names the setting, exit code 1, and leaves no topic (R8, R15)', () => {
  test.concurrent.each([
    ['bad-key', 'SPARK_ACCESS_TOKEN', 'SPARK_UNAUTHORIZED'],
    ['expired', 'SPARK_ACCESS_TOKEN', 'SPARK_SESSION_EXPIRED'],
    ['disabled', 'SPARK_ACCESS_TOKEN', 'SPARK_KEY_DISABLED'],
    ['user-inactive', 'SPARK_ACCESS_TOKEN', 'SPARK_ACCOUNT_INACTIVE'],
    ['wrong-host', 'SPARK_API_URL', 'SPARK_WRONG_ENDPOINT'],
  ] as const)(
    '%s',
    async (access, setting, code) => {
      await using feed = await LiveFeed.open({ simulator: { listings: 5, behaviour: { access } } })
      const exit = await feed.run(['snapshot'])
      expect(exit).toMatchObject({ code: 1, stdout: '' })
      const line = errorLine(exit)
      expect(line).toMatch(/^listingstream: \/v1\/system failed/)
      expect(line).toContain(setting)
      expect(line).toContain(`[${code}]`)
      expect(await feed.topics()).toEqual([])
    },
    60_000,
  )
})

test.concurrent('a wrong token is told apart from a right one, and never shown (R15)', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  const wrong = 'another-token-that-no-log-shows'
  const exit = await feed.run(['snapshot'], { SPARK_ACCESS_TOKEN: wrong, LOG_LEVEL: 'trace' })
  expect(exit).toMatchObject({ code: 1, stdout: '' })
  expect(errorLine(exit)).toContain('Check SPARK_ACCESS_TOKEN. [SPARK_UNAUTHORIZED]')
  expect(exit.stderr).not.toContain(wrong)
  expect(await feed.topics()).toEqual([])
}, 240_000)

test.concurrent('an unreachable broker is one line that names the setting, and exit code 1', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  const exit = await feed.run(['snapshot'], { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` })
  expect(exit).toMatchObject({ code: 1, stdout: '' })
  const line = errorLine(exit)
  expect(line).toContain('KAFKA_BROKERS')
  expect(line).toContain('[KAFKA_UNREACHABLE]')
  expect(await feed.topics()).toEqual([])
}, 240_000)

test.concurrent('an unreachable registry is one line that names the setting, exit code 1, and nothing is published', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  const url = `http://127.0.0.1:${await freePort()}`
  const exit = await feed.run(['snapshot'], { SCHEMA_REGISTRY_URL: url })
  expect(exit).toMatchObject({ code: 1, stdout: '' })
  expect(errorLine(exit)).toContain('SCHEMA_REGISTRY_URL')
  expect(await feed.topics()).toEqual([])
}, 240_000)

test.concurrent('wrong settings are all told at once with exit code 2, before anybody is asked anything', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  const { SPARK_ACCESS_TOKEN: _, ...settings } = feed.settings
  const wrong = {
    ...settings,
    SPARK_ACCESS_TOKEN: 'a token with blanks',
    PAGE_LIMIT: '5000',
    UPDATE_INTERVAL: 'soon',
    KAFKA_BROKERS: 'kafka',
    PURGE_MAX_RATIO: '10',
    TOPIC_PREFIX: 'a/b',
  }
  const exit = await feed.run(['run'], wrong)
  expect(exit).toMatchObject({ code: 2, stdout: '' })
  const [head, ...mistakes] = exit.stderr.trim().split('\n')
  expect(head).toBe('listingstream: The settings are not right:')
  const named = mistakes.map((line) => /^ {2}([A-Z_]+): ./.exec(line)?.[1] ?? line)
  expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual([
    'KAFKA_BROKERS',
    'PAGE_LIMIT',
    'PURGE_MAX_RATIO',
    'SPARK_ACCESS_TOKEN',
    'TOPIC_PREFIX',
    'UPDATE_INTERVAL',
  ])
  expect(exit.stderr).not.toContain('a token with blanks')
  expect(feed.simulator.requests.summary.requests).toBe(0)
}, 240_000)

test.concurrent('update and purge before the first snapshot say what to run first, with exit code 1', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  for (const pass of ['update', 'purge']) {
    const exit = await feed.run([pass])
    expect(exit).toMatchObject({ code: 1, stdout: '' })
    expect(errorLine(exit)).toContain(
      `nothing to ${pass}. Run "listingstream snapshot --resource listings" first`,
    )
  }
  // Nothing is claimed before a pass can be, topics included.
  await expect(feed.size()).rejects.toMatchObject({ code: 'KAFKA_TOPIC_MISSING' })
}, 240_000)

test.concurrent('a token of another user is refused with exit code 2 unless it is accepted, one of another source always', async () => {
  await using feed = await LiveFeed.open({ simulator: { listings: 5 } })
  const { id } = feed.simulator.user
  await using source = await startFront(feed.settings['SPARK_API_URL']!, id)
  const settings = { SPARK_API_URL: source.url }
  expect(await feed.run(['snapshot'], settings)).toMatchObject({ code: 0 })

  source.userId = '20110101000000000000000000'
  const otherUser = await feed.run(['update'], settings)
  expect(otherUser).toMatchObject({ code: 2, stdout: '' })
  const line = errorLine(otherUser)
  expect(line).toContain(`user ${id}`)
  expect(line).toContain(`user ${source.userId}`)
  expect(line).toContain('--accept-source')
  expect(await feed.run(['update', '--accept-source'], settings)).toMatchObject({ code: 0 })
  expect(await feed.run(['update'], settings)).toMatchObject({ code: 0 })

  // The simulator itself has another address.
  const otherHost = await feed.run(['update', '--accept-source'])
  expect(otherHost).toMatchObject({ code: 2, stdout: '' })
  expect(errorLine(otherHost)).toContain('Another source needs another TOPIC_PREFIX. [SOURCE_CHANGED]')
  expect(await feed.size()).toBe(5)
}, 240_000)

interface Front extends AsyncDisposable {
  readonly url: string
  /** Of the user whom `/v1/system` names. */
  userId: string
}

/** Passes requests on to the API behind it. */
async function startFront(target: string, userId: string): Promise<Front> {
  const server = createServer((request, response) => {
    void (async () => {
      const { authorization = '' } = request.headers
      const answer = await fetch(`${target}${request.url}`, { headers: { authorization } })
      const text = await answer.text()
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        date: answer.headers.get('date') ?? '',
      })
      response.end(text.replaceAll(userId, front.userId))
    })()
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    userId,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
  return front
}
