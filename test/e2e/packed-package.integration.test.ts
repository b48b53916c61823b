import { cp, readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { blocksOf } from '../docs/examples.ts'
import { CliProcess, type CliExit } from '../fixtures/cli.ts'
import { withAdmin } from '../fixtures/kafka-admin.ts'
import { installPacked, type InstalledPackage } from '../fixtures/packed-package.ts'
import { testStack } from '../fixtures/test-stack.ts'
import { LiveFeed } from './live-feed.ts'

const ROOT = join(import.meta.dirname, '../..')
const LISTINGS = 40
const DEADLINE_MS = 60_000

let feed: LiveFeed
let installed: InstalledPackage

beforeAll(async () => {
  const settings = { SUBRESOURCES: 'photos', PAGE_LIMIT: '40' }
  const opening = LiveFeed.open({ simulator: { listings: LISTINGS, seed: 113 }, settings })
  ;[feed, installed] = await Promise.all([opening, installPacked()])
  await feed.done('snapshot')
})

afterAll(async () => {
  await installed[Symbol.asyncDispose]()
  await feed[Symbol.asyncDispose]()
})

function prefix(): string {
  return feed.topic.replace(/\.listings$/, '')
}

/** Code for TypeScript on a page, as it stands there. */
async function codeOf(page: string): Promise<readonly string[]> {
  const blocks = blocksOf(await readFile(join(ROOT, page), 'utf8'))
  return blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)
}

/** The same for this broker, this registry and this feed. */
function here(code: string): string {
  const { brokers, registryUrl } = testStack()
  return code
    .replaceAll('localhost:9092', brokers.join(','))
    .replaceAll('http://localhost:8081/apis/ccompat/v7', registryUrl)
    .replaceAll("groupId: 'my-service'", `groupId: '${prefix()}.readme', prefix: '${prefix()}'`)
}

function script(path: string, args: readonly string[] = [], settings: CliSettings = {}): CliProcess {
  return new CliProcess({ script: path, args, settings, folder: installed.folder })
}

type CliSettings = Readonly<Record<string, string>>

async function ended(program: CliProcess): Promise<CliExit> {
  const timeout = AbortSignal.timeout(DEADLINE_MS)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`It goes on:\n${program.stderr}`)), {
      once: true,
    })
  })
  return Promise.race([program.exited, late])
}

test('the ten lines of README.md compile in a strict project, and read the feed', async () => {
  const code = (await codeOf('README.md')).find((text) => text.includes('consumeListings')) ?? ''
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(10)
  const file = await installed.write('ten-lines.ts', here(code))
  await installed.check(installed.folder)
  await using reader = script(file)
  await expect.poll(() => reader.stdout, { timeout: DEADLINE_MS }).toContain('up to date')
  const before = reader.stdout.trim().split('\n')
  expect(before).toHaveLength(LISTINGS + 1)
  expect(before[0]).toMatch(/^SNAPSHOT \d+ (\d+|null)$/)

  const [gone] = feed.simulator.listings.apply({ action: 'remove', count: 1 }).keys
  await feed.done('purge')
  await expect.poll(() => reader.stdout, { timeout: DEADLINE_MS }).toContain(`gone ${gone}\n`)

  // By Ctrl-C it leaves the group: the next one waits for no time-out, and nothing comes again.
  expect(await reader.kill('SIGINT')).toMatchObject({ code: 0, signal: null, stderr: '' })
  await withAdmin(async (admin) => {
    const { groups } = await admin.describeGroups([`${prefix()}.readme`])
    expect(groups.map(({ state }) => state)).toEqual(['Empty'])
  })
  await using next = script(file)
  await expect.poll(() => next.stdout, { timeout: DEADLINE_MS }).toBe('up to date\n')
  expect(await next.kill('SIGTERM')).toMatchObject({ code: 0, stdout: 'up to date\n' })
})

test('the program in the package says its version, prints completions and runs the feed, without a file of the project', async () => {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
  const main = join(installed.folder, 'node_modules/listingstream/dist/cli/main.js')
  const run = async (...args: string[]): Promise<CliExit> => {
    await using program = script(main, args, feed.settings)
    return await ended(program)
  }
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect((await run('completion', 'bash')).stdout).toContain('complete -F _listingstream listingstream')
  const update = await run('update')
  expect(update).toMatchObject({ code: 0, stdout: expect.stringContaining('update of listings completed') })
  expect(await run('status')).toMatchObject({ code: 0, stdout: expect.stringContaining('Freshness') })
})

/** What a module or a page names of its own server. */
const NAMED = /(?:href|src)="(\/page\/[^"]+)"|(?:from|import) '(\.?\/[^']+\.js)'/g

test('the daemon in the package serves the page and all that it loads, none of which may come from elsewhere', async () => {
  const main = join(installed.folder, 'node_modules/listingstream/dist/cli/main.js')
  await using daemon = script(main, ['run'], feed.settings)
  await daemon.logged('listening for health', AbortSignal.timeout(DEADLINE_MS))
  const [, origin = ''] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(daemon.stderr) ?? []
  const types = new Map<string, string | null>()
  const load = async (path: string): Promise<void> => {
    if (types.has(path)) return
    types.set(path, null)
    const response = await fetch(`${origin}${path}`)
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    types.set(path, response.headers.get('content-type'))
    const text = await response.text()
    expect(text.length).toBeGreaterThan(0)
    for (const [, link, module] of text.matchAll(NAMED)) {
      await load(new URL(link ?? module ?? '', `${origin}${path}`).pathname)
    }
  }
  await load('/')
  expect(Object.fromEntries(types)).toMatchObject({
    '/': 'text/html; charset=utf-8',
    '/page/main.js': 'text/javascript; charset=utf-8',
    '/page/lit-html.js': 'text/javascript; charset=utf-8',
    '/page/uplot.js': 'text/javascript; charset=utf-8',
    '/page/uplot.css': 'text/css; charset=utf-8',
    '/page/style.css': 'text/css; charset=utf-8',
    '/page/icon.svg': 'image/svg+xml',
  })
  const own = (await readdir(join(ROOT, 'page'))).filter((name) => /\.(js|css|svg)$/.test(name))
  expect(own.filter((name) => !types.has(`/page/${name}`))).toEqual([])
  expect(await daemon.kill('SIGTERM')).toMatchObject({ code: 0 })
})

test("the code of docs/sdk.md compiles, with one source's own types, which reader schemas make true", async () => {
  await installed.write('listing-events.ts', await feed.done('schema', 'types'))
  await installed.write('listing-upserted.json', await feed.done('schema', 'show', '--json'))
  const blocks = await codeOf('docs/sdk.md')
  expect(blocks.length).toBeGreaterThan(2)
  for (const [index, code] of blocks.entries()) await installed.write(`sdk-${index}.ts`, here(code))
  await installed.check(installed.folder)

  const typed = blocks.find((code) => code.includes('readerSchemas')) ?? ''
  const until = here(typed)
    .replace('readerSchemas', `prefix: '${prefix()}', readerSchemas`)
    .replace(/^}\n$/m, `  if (change.type === 'caught-up') break\n}\n`)
  await using reader = script(await installed.write('typed.ts', until))
  const { code, stdout, stderr } = await ended(reader)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const prices = stdout
    .trim()
    .split('\n')
    .map(Number)
    .toSorted((a, b) => a - b)
  const published = (await feed.read()).flatMap(({ value }) => pricesOf(value))
  expect(prices).toEqual(published.toSorted((a, b) => a - b))
})

function pricesOf(value: unknown): readonly number[] {
  const schema = z.looseObject({
    listing: z.looseObject({ standardFields: z.looseObject({ ListPrice: z.number() }) }),
  })
  const parsed = schema.safeParse(value)
  return parsed.success ? [parsed.data.listing.standardFields.ListPrice] : []
}

/** Notes every module that is loaded, for the end. */
const WATCH = `
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
process.on('exit', () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)))
`

test('a subscriber loads nothing of the publisher and its libraries, and ends by itself', async () => {
  const reader = `
    import { consumeListings, consumeListingPhotos, memoryPrevious, withPrevious } from 'listingstream'
    const options = { brokers: process.env.BROKERS.split(','), registry: process.env.REGISTRY, prefix: process.env.PREFIX }
    for (const consume of [consumeListings, consumeListingPhotos]) {
      let count = 0
      for await (const { type } of withPrevious(memoryPrevious(), consume({ ...options, groupId: process.env.PREFIX + '.' + consume.name }))) {
        if (type === 'caught-up') break
        count += 1
      }
      console.log(count)
    }`
  await installed.write('watch.mjs', WATCH)
  const main = await installed.write('loaded.mjs', `import './watch.mjs'\nawait import('./reader.mjs')\n`)
  await installed.write('reader.mjs', reader)
  const { brokers, registryUrl } = testStack()
  const list = join(installed.folder, 'loaded.json')
  await using program = script(main, [], {
    BROKERS: brokers.join(','),
    REGISTRY: registryUrl,
    PREFIX: prefix(),
    LOADED: list,
  })
  const { code, stdout, stderr } = await ended(program)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  // The set of a listing without photos is published, too.
  expect(stdout.trim().split('\n').map(Number)).toEqual([
    (await feed.read()).filter(({ type }) => type !== 'Tombstone').length,
    (await feed.read('listing-photos')).length,
  ])

  const files = z.array(z.string()).parse(JSON.parse(await readFile(list, 'utf8')))
  const ours = files.flatMap((url) => /node_modules\/listingstream\/dist\/(.*)$/.exec(url)?.slice(1) ?? [])
  const rooms = new Set(ours.map((path) => path.split('/')[0] ?? ''))
  expect([...rooms].toSorted()).toEqual([
    'consumer',
    'domain',
    'events',
    'feed',
    'index.js',
    'kafka',
    'resources',
    'support',
  ])
  const libraries = files.flatMap((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.slice(1) ?? [])
  expect([...new Set(libraries)].filter((name) => name !== 'listingstream').toSorted()).toEqual([
    // What a broker may compress with.
    '@platformatic/dynamic-buffer',
    '@platformatic/wasm-utils',
    'avsc',
    'kafkajs',
    'zod',
  ])
  expect(files).not.toContain('node:sqlite')
})

const DROP = z.object({ id: z.string(), listing: z.string(), from: z.number(), to: z.number() })

test('examples/price-drops tells each drop with the price before and after, across a kill -9, to a webhook that fails at times', async () => {
  const folder = join(installed.folder, 'price-drops')
  await cp(join(ROOT, 'examples/price-drops'), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
  await installed.check(folder)
  await using webhook = await openWebhook()
  const settings = {
    KAFKA_BROKERS: testStack().brokers.join(','),
    SCHEMA_REGISTRY_URL: testStack().registryUrl,
    TOPIC_PREFIX: prefix(),
    GROUP_ID: `${prefix()}.price-drops`,
    STATE_FILE: join(folder, 'state.sqlite'),
    WEBHOOK_URL: webhook.url,
  }
  const start = (): CliProcess => script(join(folder, 'src/main.ts'), [], settings)
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const keys = feed.keys().slice(0, 12)
  const priced = pricesAt(keys)
  const lower = async (which: readonly string[], factor: number): Promise<void> => {
    for (const key of which) {
      const price = Math.round((priced.get(key) ?? 0) * factor)
      feed.simulator.listings.apply({ action: 'set', keys: [key], fields: { ListPrice: price } })
    }
    await feed.done('update')
  }
  const expected = (which: readonly string[], from: number, to: number) =>
    which.map((key) => {
      const price = priced.get(key) ?? 0
      return { listing: key, from: Math.round(price * from), to: Math.round(price * to) }
    })
  {
    await using first = start()
    await first.logged('caught up', signal)
    webhook.refuse(2)
    await lower(keys.slice(0, 6), 0.9)
    await expect.poll(() => webhook.told(), { timeout: DEADLINE_MS }).toHaveLength(6)
    expect(webhook.told()).toEqual(expect.arrayContaining(expected(keys.slice(0, 6), 1, 0.9)))
    expect(first.stderr).toContain('The webhook answered 503.')
    await first.kill('SIGKILL')
  }
  await lower(keys.slice(3), 0.8)
  // Dearer again: no drop.
  await lower(keys.slice(0, 3), 1.1)
  await using second = start()
  const later = [...expected(keys.slice(3, 6), 0.9, 0.8), ...expected(keys.slice(6), 1, 0.8)]
  await expect.poll(() => webhook.told(), { timeout: DEADLINE_MS }).toHaveLength(6 + later.length)
  expect(webhook.told()).toEqual(expect.arrayContaining(later))
  await second.logged('caught up', signal)
  expect(await second.kill('SIGTERM')).toMatchObject({ code: 0, signal: null })
  expect(webhook.told()).toHaveLength(6 + later.length)
})

/** As the source has them now. */
function pricesAt(keys: readonly string[]): ReadonlyMap<string, number> {
  const { listings } = feed.simulator.truth()
  const schema = z.looseObject({ ListPrice: z.coerce.number() })
  return new Map(keys.map((key) => [key, schema.parse(listings.get(key)).ListPrice]))
}

/** Keeps what it is told, each drop once by its id. */
async function openWebhook() {
  const told = new Map<string, { readonly listing: string; readonly from: number; readonly to: number }>()
  let refusals = 0
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      refusals -= 1
      if (refusals >= 0) return response.writeHead(503).end()
      const { id, listing, from, to } = DROP.parse(JSON.parse(body))
      told.set(id, { listing, from, to })
      return response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    told: () => [...told.values()],
    refuse: (count: number) => void (refusals = count),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
