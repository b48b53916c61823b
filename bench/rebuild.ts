/**
 * `make bench-rebuild`: a feed's topics into SQLite and PostgreSQL, beside merely reading and decoding the same topics, in turns.
 * Environment: LISTINGS (20000), ROUNDS (3), BENCH_USE_RUNNING_STACK=1 for KAFKA_BROKERS and SCHEMA_REGISTRY_URL instead of a
 * stack of its own.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'

import { PROGRAM } from '../src/app/version.ts'
import { median, wholeNumber } from './tools/numbers.ts'
import { fillFeed, openBenchFeed, type BenchFeed } from './rebuild-feed.ts'
import {
  decodeAll,
  rebuildInto,
  storesToMeasure,
  type Measured,
  type MeasuredStore,
} from './rebuild-round.ts'
import { startStack } from './tools/stack.ts'

const LISTINGS = wholeNumber('LISTINGS', 20_000)
const ROUNDS = wholeNumber('ROUNDS', 3)
const RESULTS = join(import.meta.dirname, 'results')

// Ctrl-C too leaves no broker and no simulator behind.
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('stopped by SIGINT')))
const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(60 * 60_000)])
const say = (line: string): void => void process.stderr.write(`${line}\n`)

interface Round {
  readonly decoded: Measured
  readonly stores: readonly (readonly [store: string, measured: Measured])[]
}

async function main(): Promise<void> {
  await using stack = await startStack('bench-rebuild', say, signal)
  const prefix = `bench-rebuild-${Date.now().toString(36)}`
  say(`Filling ${prefix} with ${LISTINGS} listings, their photos and accounts`)
  await fillFeed({ prefix, listings: LISTINGS, settings: stack.settings }, signal)
  await using feed = await openBenchFeed(prefix, stack.settings, signal)
  await using stores = await storesToMeasure(say, signal)
  const loadBefore = loadavg()[0] ?? 0
  await decodeAll(feed, signal)
  const rounds: Round[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    rounds.push(await measure(feed, stores.all, round))
    say(`Round ${round}: ${describe(rounds.at(-1))}`)
  }
  await mkdir(RESULTS, { recursive: true })
  const result = { program: PROGRAM, node: process.version, cores: cpus().length, loadBefore, rounds }
  await writeFile(join(RESULTS, 'rebuild.json'), `${JSON.stringify(result, undefined, 2)}\n`)
  process.stdout.write(table(rounds, loadBefore))
}

/** In an order that turns about: what comes first finds another machine. */
async function measure(feed: BenchFeed, stores: readonly MeasuredStore[], round: number): Promise<Round> {
  const first = round % 2 === 1 ? await decodeAll(feed, signal) : undefined
  const measured: [string, Measured][] = []
  for (const store of stores) measured.push([store.name, await rebuildInto(feed, store, signal)])
  return { decoded: first ?? (await decodeAll(feed, signal)), stores: measured }
}

function describe(round: Round | undefined): string {
  const rate = ({ records, seconds }: Measured): string => `${Math.round(records / seconds)}/s`
  if (round === undefined) return ''
  const stores = round.stores.map(([name, measured]) => `${name} ${rate(measured)}`)
  return [`reading and decoding ${rate(round.decoded)}`, ...stores].join(', ')
}

function table(rounds: readonly Round[], loadBefore: number): string {
  const rates = (pick: (round: Round) => Measured): readonly number[] =>
    rounds.map(pick).map(({ records, seconds }) => records / seconds)
  const decoded = rates((round) => round.decoded)
  const names = rounds[0]?.stores.map(([name]) => name) ?? []
  const lines = names.map((name, place) => {
    const stored = rates(({ stores, decoded: other }) => stores[place]?.[1] ?? other)
    const ratios = stored.map((rate, i) => rate / (decoded[i] ?? Number.NaN))
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
    const rate = Math.round(median(stored))
    return `${name.padEnd(22)}${rate} records/s, ratio ${median(ratios).toFixed(2)} (${range})\n`
  })
  const records = rounds[0]?.decoded.records ?? 0
  const head = `${records} records of ${LISTINGS} listings, median of ${rounds.length} rounds, ${cpus().length} cores, load ${loadBefore.toFixed(1)} before\n`
  return `${head}${'reading and decoding'.padEnd(22)}${Math.round(median(decoded))} records/s\n${lines.join('')}`
}

await main()
