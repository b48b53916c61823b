import { describe, expect, test } from 'vitest'

import { instant } from '../../../src/domain/instant.ts'
import type { FeedApi } from '../../../src/ops/feed-api.ts'
import { startHttpServer, type HttpServer } from '../../../src/ops/http-server.ts'
import { createLogger } from '../../../src/ops/logger.ts'
import { FeedHistory } from '../../../src/ops/page/feed-history.ts'
import type { PageFeed } from '../../../src/ops/page/page-routes.ts'
import { keepSecret } from '../../../src/support/secrets.ts'
import { feedApi } from '../../fixtures/feed-api.ts'

const never = new AbortController().signal
const KEY = '20260502140309000000000001'

function pageFeed(changes: Partial<PageFeed> = {}): PageFeed {
  return {
    history: new FeedHistory(() => instant(0)),
    groups: () => ({ at: null, groups: [] }),
    recall: () => undefined,
    glance: async () => ({ prefix: 'spark' }),
    waitingLetters: () => null,
    deadLetters: async () => ({ waiting: 0, letters: [] }),
    oddValues: async () => ({ records: [] }),
    explainKey: async (wanted) => ({ wanted }),
    ...changes,
  }
}

function start(feeds: readonly [FeedApi, ...FeedApi[]], host = '127.0.0.1'): Promise<HttpServer> {
  return startHttpServer(
    {
      host,
      port: 0,
      adminToken: host === '127.0.0.1' ? null : { reveal: () => 'right-token-0123456' },
      metrics: { contentType: 'text/plain', text: async () => '' },
      feeds,
      logger: createLogger({ level: 'silent' }),
    },
    never,
  )
}

/** The first events of a stream, as they are sent; then it is given up. */
async function eventsOf(url: string, count: number): Promise<readonly { name: string; data: string }[]> {
  const leave = new AbortController()
  const response = await fetch(url, { signal: leave.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.split('\n\n').length > count) break
  }
  leave.abort()
  return text
    .split('\n\n')
    .slice(0, count)
    .map((event) => {
      const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      return { name, data }
    })
}

describe('the files of the page', () => {
  test('are served to whoever asks, under a policy that lets nothing in line and nobody frame it', async () => {
    await using server = await start([feedApi()], '0.0.0.0')
    const page = await fetch(`${server.url}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=| style=/)
    const named = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path)
    expect(named.length).toBeGreaterThan(3)
    for (const path of named) expect((await fetch(`${server.url}${path}`)).status).toBe(200)
  })

  test('import each other and two libraries of the package, nothing from elsewhere', async () => {
    await using server = await start([feedApi()])
    const waiting = ['/page/main.js']
    const seen = new Set<string>()
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const response = await fetch(`${server.url}${path}`)
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/javascript; charset=utf-8',
      ])
      const code = await response.text()
      for (const [, from = ''] of code.matchAll(/^import [^'"]*['"]([^'"]+)['"]/gm)) {
        expect(from).toMatch(/^\.\/[a-z-]+\.js$/)
        waiting.push(from.replace('./', '/page/'))
      }
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['/page/uplot.js', '/page/lit-html.js', '/page/view.js']),
    )
  })

  test.each([
    '/page/nothing.js',
    '/page/..%2fpackage.json',
    '/page/../package.json',
    '/page/types.d.ts',
    '/page/index.html',
  ])('nothing else is: %s', async (path) => {
    await using server = await start([feedApi()])
    expect((await fetch(`${server.url}${path}`)).status).toBe(404)
  })
})

describe('the stream of a feed', () => {
  test('tells all of the last day, then what is new; what is recalled later is told again from the beginning', async () => {
    let ticks = 0
    const cursors: unknown[] = []
    const page = pageFeed({
      history: {
        brief: () => ({ behindSeconds: null, eventsOfHour: 0, running: [] }),
        get isRecalled() {
          return (ticks += 1) > 2
        },
        report: (cursor) => {
          cursors.push(cursor)
          return {
            report: { passes: [], freshness: {}, events: {} },
            next: { revision: cursors.length, minute: 0 },
          }
        },
      },
    })
    await using server = await start([feedApi({ page })])
    const events = await eventsOf(`${server.url}/feeds/spark/stream`, 3)
    expect(events.map(({ name }) => name)).toEqual(['tick', 'tick', 'tick'])
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      status: { prefix: 'spark' },
      history: { passes: [] },
    })
    expect(cursors).toEqual([undefined, { revision: 1, minute: 0 }, undefined])
  })

  test('has its secrets struck (R15)', async () => {
    keepSecret('secret-of-a-page-stream')
    const page = pageFeed({ glance: async () => ({ health: 'says secret-of-a-page-stream' }) })
    await using server = await start([feedApi({ page })])
    const [event] = await eventsOf(`${server.url}/stream`, 1)
    expect(event?.data).toContain('says [redacted]')
  })

  test('ends with the server, whole: it is not cut off', async () => {
    const server = await start([feedApi({ page: pageFeed() })])
    const response = await fetch(`${server.url}/stream`)
    const text = response.text()
    await server[Symbol.asyncDispose]()
    expect(await text).toMatch(/^event: tick\n/)
  })

  test.each([
    '/stream',
    '/feeds/stream',
    '/dead-letters',
    '/odd-values',
    `/resources/listings/keys/${KEY}/why`,
  ])('bound to all addresses, %s needs the token', async (path) => {
    await using server = await start([feedApi({ page: pageFeed() })], '0.0.0.0')
    expect((await fetch(`${server.url}${path}`)).status).toBe(401)
  })
})

test('all feeds are told of in short, each second', async () => {
  const history = new FeedHistory(() => instant(0))
  const page = pageFeed({ history, waitingLetters: () => 2 })
  await using server = await start([feedApi({ prefix: 'east', page }), feedApi({ prefix: 'west', page })])
  const [event] = await eventsOf(`${server.url}/feeds/stream`, 1)
  expect(event?.name).toBe('overview')
  expect(JSON.parse(event?.data ?? '')).toMatchObject({
    feeds: [
      {
        prefix: 'east',
        state: 'running',
        ready: true,
        reasons: [],
        held: 0,
        deadLetters: 2,
        behindSeconds: null,
        running: [],
      },
      { prefix: 'west' },
    ],
  })
})

test('a key is told of with its events; to ask the source is refused across origins', async () => {
  await using server = await start([feedApi({ page: pageFeed() })])
  const path = `${server.url}/resources/listings/keys/${KEY}/why`
  expect(await (await fetch(path)).json()).toEqual({ wanted: { resource: 'listings', key: KEY, ask: false } })
  const headers = { origin: 'https://evil.example' }
  expect((await fetch(`${path}?ask=true`, { headers })).status).toBe(403)
  expect((await fetch(`${server.url}/resources/listings/keys/a%20b/why`)).status).toBe(400)
})
