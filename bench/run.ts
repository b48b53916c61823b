/**
 * `make bench`: the initial download, simulator → program → real broker, beside what one thread could do at most with the
 * same pages in the same run. Environment: LISTINGS (50000), ROUNDS (3), BENCH_PROFILE=1 for one more round under
 * `--cpu-prof`, BENCH_USE_RUNNING_STACK=1 for KAFKA_BROKERS and SCHEMA_REGISTRY_URL instead of a stack of its own.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'

import { PROGRAM } from '../src/app/version.ts'
import { SchemaRegistry } from '../src/events/registry/schema-registry.ts'
import { download, type Download } from './download-round.ts'
import { median, wholeNumber } from './numbers.ts'
import { SIMULATOR_TOKEN, startSimulator } from './simulator-process.ts'
import { startStack } from './stack.ts'
import { keyOf, measureThreadLimit, resultsOf, type ListingSchema, type ThreadLimit } from './thread-limit.ts'

const LISTINGS = wholeNumber('LISTINGS', 50_000)
const ROUNDS = wholeNumber('ROUNDS', 3)
const SMALL = Math.ceil(LISTINGS / 5)
const RESULTS = join(import.meta.dirname, 'results')

interface Round {
  readonly limit: ThreadLimit
  readonly download: Download
}

// Ctrl-C too leaves no broker and no simulator behind.
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('stopped by SIGINT')))
const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(60 * 60_000)])
const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  await using stack = await startStack('bench', say, signal)
  await using api = await startSimulator(LISTINGS, ['--stored-pages'])
  await using smallApi = await startSimulator(SMALL, ['--stored-pages'])
  const settings = { ...stack.settings, SPARK_API_URL: api.url, SPARK_ACCESS_TOKEN: SIMULATOR_TOKEN }
  const run = Date.now().toString(36)
  await mkdir(RESULTS, { recursive: true })

  say(`Warming up: ${LISTINGS} listings, their pages rendered and stored`)
  const pages = await fetchPages(api.url)
  const keys = keysOf(pages)
  await download({ keys, prefix: `bench-${run}-warm`, settings }, signal)
  const schema = await schemaOf(stack.settings.SCHEMA_REGISTRY_URL, `bench-${run}-warm`)
  const measure = (): ThreadLimit => measureThreadLimit(pages, schema)
  measure()
  const loadBefore = loadavg()[0] ?? 0

  const rounds: Round[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const first = round % 2 === 1 ? measure() : undefined
    const done = await download({ keys, prefix: `bench-${run}-${round}`, settings }, signal)
    const limit = first ?? measure()
    rounds.push({ limit, download: done })
    say(
      `Round ${round}: ${Math.round(done.listingsPerSecond)} of ${Math.round(limit.listingsPerSecond)} listings/s`,
    )
  }
  if (process.env['BENCH_PROFILE'] === '1') {
    const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`]
    await download({ keys, prefix: `bench-${run}-profile`, settings, nodeFlags }, signal)
  }
  const smallKeys = keysOf(await fetchPages(smallApi.url))
  const smallSettings = { ...settings, SPARK_API_URL: smallApi.url }
  const small = await download(
    { keys: smallKeys, prefix: `bench-${run}-small`, settings: smallSettings },
    signal,
  )

  const result = summary(rounds, small, loadBefore)
  await writeFile(join(RESULTS, 'latest.json'), `${JSON.stringify({ ...result, rounds }, undefined, 2)}\n`)
  process.stdout.write(table(result))
}

type Summary = ReturnType<typeof summary>

function summary(rounds: readonly Round[], small: Download, loadBefore: number) {
  const ratios = rounds.map((round) => round.download.listingsPerSecond / round.limit.listingsPerSecond)
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick))
  return {
    program: PROGRAM,
    node: process.version,
    cores: cpus().length,
    loadBefore,
    listings: LISTINGS,
    listingsPerSecond: of((round) => round.download.listingsPerSecond),
    threadLimitPerSecond: of((round) => round.limit.listingsPerSecond),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
    parseMsPer1k: of((round) => (round.limit.parseSeconds / LISTINGS) * 1e6),
    encodeMsPer1k: of((round) => (round.limit.encodeSeconds / LISTINGS) * 1e6),
    wallSeconds: of((round) => round.download.wallSeconds),
    cpuSecondsPer10k: of((round) => round.download.cpuSecondsPer10k),
    peakRssMb: of((round) => round.download.peakRssMb),
    small: { listings: SMALL, peakRssMb: small.peakRssMb },
  }
}

function table(result: Summary): string {
  const rows: readonly (readonly [string, string])[] = [
    ['initial download', `${Math.round(result.listingsPerSecond)} listings/s`],
    ['single-thread limit', `${Math.round(result.threadLimitPerSecond)} listings/s`],
    [
      'ratio',
      `${result.ratio.toFixed(2)} (${result.lowestRatio.toFixed(2)} to ${result.highestRatio.toFixed(2)})`,
    ],
    ['JSON.parse', `${result.parseMsPer1k.toFixed(1)} ms per 1,000`],
    ['avsc encode', `${result.encodeMsPer1k.toFixed(1)} ms per 1,000`],
    ['CPU of the program', `${result.cpuSecondsPer10k.toFixed(2)} s per 10,000`],
    ['whole process', `${result.wallSeconds.toFixed(1)} s`],
    ['peak memory', `${Math.round(result.peakRssMb)} MB`],
    [`peak memory, ${result.small.listings} listings`, `${Math.round(result.small.peakRssMb)} MB`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const head = `${result.listings} listings, median of ${ROUNDS} rounds, ${result.cores} cores, load ${result.loadBefore.toFixed(1)} before\n`
  return head + rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}

async function fetchPages(url: string): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${SIMULATOR_TOKEN}`, 'x-sparkapi-user-agent': PROGRAM }
  const pages: string[] = []
  let token = ''
  for (;;) {
    const response = await fetch(`${url}/v1/listings?_limit=1000&_skiptoken=${token}`, { headers, signal })
    const page = await response.text()
    const rows = resultsOf(JSON.parse(page))
    const last = rows.at(-1)
    if (last === undefined) return pages
    pages.push(page)
    token = keyOf(last)
  }
}

function keysOf(pages: readonly string[]): ReadonlySet<string> {
  return new Set(pages.flatMap((page) => resultsOf(JSON.parse(page)).map(keyOf)))
}

async function schemaOf(registryUrl: string, prefix: string): Promise<ListingSchema> {
  const subject = `${prefix}.listings-listingstream.ListingUpserted`
  const latest = await new SchemaRegistry({ url: registryUrl }).latest(subject, signal)
  if (latest === undefined) throw new Error(`The registry has no ${subject}.`)
  return { id: latest.id, text: latest.schema }
}

await main()
