/** 7: a feed's topics into SQLite and PostgreSQL, beside merely reading and decoding the same topics. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { Bench } from '../tools/bench.ts'
import { figure } from '../tools/figure.ts'
import { measureProcess, runMeasured } from '../tools/measured-program.ts'
import type { Part } from '../tools/part.ts'
import { profiled } from '../tools/profiles.ts'
import { Source } from '../tools/source.ts'
import { storesToMeasure, type MeasuredStore } from '../tools/stores.ts'

const DECODE = join(import.meta.dirname, '../processes/decode.ts')
const DECODED = z.object({ records: z.number(), seconds: z.number() })
const OF_THE_FEED = { RESOURCES: 'listings,accounts', SUBRESOURCES: 'photos' }
const PUBLISHED = ['listings', 'accounts', 'listing-photos']
const AIMS: Readonly<Record<string, number>> = { SQLite: 0.7, PostgreSQL: 0.5 }

interface Filled {
  readonly records: number
  /** As the command says it: from its first request to the swap. */
  readonly seconds: number
  readonly wallSeconds: number
  readonly peakRssMb: number
}

interface Round {
  readonly decoded: z.output<typeof DECODED>
  readonly stores: ReadonlyMap<string, Filled>
}

interface BenchFeed {
  readonly prefix: string
  readonly folder: string
}

export const STORE: Part = {
  name: 'store',
  title: 'Rebuild of a store',
  estimate: ({ listings, rounds }) => 30 + listings / 4_000 + rounds * (10 + listings / 4_000),
  async run(bench, signal) {
    const listings = Math.ceil(bench.sizes.listings / 10)
    const feed = { prefix: bench.prefix('store'), folder: await bench.newFolder('store') }
    bench.say(`Filling a feed with ${listings} listings, their photos and accounts`)
    await fill(bench, feed, listings, signal)
    await using stores = await storesToMeasure(bench, signal)
    const rounds: Round[] = []
    for (let round = 1; round <= bench.sizes.rounds; round += 1) {
      const first = round % 2 === 1 ? await decode(bench, feed, signal) : undefined
      const filled = new Map<string, Filled>()
      for (const store of stores.all)
        filled.set(store.name, await rebuildInto(bench, feed, store, [], signal))
      rounds.push({ decoded: first ?? (await decode(bench, feed, signal)), stores: filled })
      bench.say(`Round ${round}: ${describe(rounds.at(-1))}`)
    }
    if (bench.profile) {
      for (const store of stores.all) {
        await profiled(`store-${store.name}`, rounds[0]?.decoded.records ?? 0, (flags) =>
          rebuildInto(bench, feed, store, flags, signal).then(() => undefined),
        )
      }
    }
    await rm(feed.folder, { recursive: true, force: true })
    const details = rounds.map(({ decoded, stores: filled }) => ({ decoded, ...Object.fromEntries(filled) }))
    return {
      figures: stores.all.map(({ name }) => figureOf(name, rounds)),
      details: { listings, rounds: details },
    }
  },
}

async function fill(
  bench: Bench,
  { prefix, folder }: BenchFeed,
  listings: number,
  signal: AbortSignal,
): Promise<void> {
  await using source = await Source.start({ listings, fields: 'standard', folder: bench.folder }, signal)
  const settings = { ...bench.settings, ...source.settings, ...OF_THE_FEED, TOPIC_PREFIX: prefix }
  for (const resource of ['listings', 'accounts']) {
    await runMeasured({ args: ['snapshot', '--resource', resource], settings, folder }, signal)
  }
}

async function decode(
  bench: Bench,
  { prefix, folder }: BenchFeed,
  signal: AbortSignal,
): Promise<Round['decoded']> {
  const topics = PUBLISHED.map((resource) => `${prefix}.${resource}`).join(',')
  const args = [bench.broker, bench.settings.SCHEMA_REGISTRY_URL, topics]
  const run = await measureProcess({ file: DECODE, args, cwd: folder, env: {} }, signal)
  return DECODED.parse(JSON.parse(run.stdout))
}

/** @throws {Error} if rows are missing */
async function rebuildInto(
  bench: Bench,
  { prefix, folder }: BenchFeed,
  store: MeasuredStore,
  nodeFlags: readonly string[],
  signal: AbortSignal,
): Promise<Filled> {
  const to = await store.fresh()
  const settings = { ...bench.settings, ...OF_THE_FEED, ...store.settings, TOPIC_PREFIX: prefix }
  const run = await runMeasured({ args: ['rebuild', '--to', to], settings, folder, nodeFlags }, signal)
  const said = /: ([\d,]+) records read in ([\d.]+) s/.exec(run.stdout)
  const records = Number(said?.[1]?.replaceAll(',', ''))
  const seconds = Number(said?.[2])
  let rows = 0
  for (const resource of PUBLISHED) rows += await store.count(resource.replaceAll('-', '_'))
  // Of a first snapshot, every record is a row.
  if (rows !== records) throw new Error(`${store.name} has ${rows} rows of ${records} records.`)
  return { records, seconds, wallSeconds: run.wallSeconds, peakRssMb: run.peakRssMb }
}

function describe(round: Round | undefined): string {
  if (round === undefined) return ''
  const rate = ({ records, seconds }: { records: number; seconds: number }): string =>
    `${Math.round(records / seconds)}/s`
  const stores = [...round.stores].map(([name, filled]) => `${name} ${rate(filled)}`)
  return [`reading and decoding ${rate(round.decoded)}`, ...stores].join(', ')
}

function figureOf(name: string, rounds: readonly Round[]): ReturnType<typeof figure> {
  return figure({
    what: `rebuild of a store, ${name}`,
    unit: 'records/s',
    values: rounds.map(({ stores }) => {
      const filled = stores.get(name)
      return filled === undefined ? Number.NaN : filled.records / filled.seconds
    }),
    against: {
      what: 'reading and decoding',
      values: rounds.map(({ decoded }) => decoded.records / decoded.seconds),
    },
    aim: { of: 'ratio', atLeast: AIMS[name] ?? 0.5 },
  })
}
