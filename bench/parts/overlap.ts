/** 2: an update whose window holds nothing but listings that have not changed. */
import { rm } from 'node:fs/promises'

import { z } from 'zod'

import type { Bench } from '../tools/bench.ts'
import { download, ofRun } from '../tools/download.ts'
import { figure } from '../tools/figure.ts'
import { between, measureLimit, type Limit } from '../tools/limit.ts'
import { passSeconds, runMeasured } from '../tools/measured-program.ts'
import type { Part } from '../tools/part.ts'
import { profiled } from '../tools/profiles.ts'
import { startRendered, type RenderedSource } from '../tools/rendered-source.ts'
import type { Source } from '../tools/source.ts'
import { fetchTopic } from '../tools/topic.ts'

/** Stamps of all listings, evenly over the time that an update goes back by itself (`UPDATE_OVERLAP`, 20 minutes). */
const STAMPS = 20
const APART_MS = 45_000
const TOUCHED = z.object({ at: z.number() })

interface Round {
  readonly limit: Limit
  readonly update: ReturnType<typeof ofRun>
}

export const OVERLAP: Part = {
  name: 'overlap',
  title: 'Re-reading what has not changed',
  estimate: ({ listings, rounds }) => 15 + listings / 5_000 + rounds * (listings / 40_000 + 6),
  async run(bench, signal) {
    const listings = Math.ceil(bench.sizes.listings / 2)
    // Its clock stands still, so that every update has the same window, and its pages can be stored.
    await using rendered = await startRendered(
      bench,
      { fields: 'standard', listings, frozen: true, prepare: touchAll },
      signal,
    )
    const { source } = rendered
    const folder = await bench.newFolder('overlap')
    const prefix = bench.prefix('overlap')
    await download(bench, { source, prefix, folder }, signal)
    const update = (nodeFlags: readonly string[] = []): ReturnType<typeof reread> =>
      reread(bench, rendered, { folder, prefix, nodeFlags }, signal)
    bench.say('The first update lets the simulator render the pages of its window')
    await update()
    const rounds: Round[] = []
    for (let round = 1; round <= bench.sizes.rounds; round += 1) {
      const limitNow = (): Promise<Limit> =>
        measureLimit(source, rendered.fullPages, rendered.walk.schema, signal)
      const before = await limitNow()
      const done = await update()
      rounds.push({ limit: between(before, await limitNow()), update: done })
      bench.say(`Round ${round}: ${describe(rounds.at(-1))}`)
    }
    if (bench.profile) {
      await profiled('overlap', listings, (nodeFlags) => update(nodeFlags).then(() => undefined))
    }
    const { records } = await fetchTopic(bench.broker, `${prefix}.listings`)
    if (records !== listings)
      throw new Error(`Updates of unchanged listings published ${records - listings}.`)
    await rm(folder, { recursive: true, force: true })
    return {
      figures: [
        figure({
          what: `update that reads ${listings.toLocaleString('en')} unchanged listings`,
          unit: 'listings/s',
          values: rounds.map((round) => round.update.listingsPerSecond),
          against: {
            what: 'single-thread limit',
            values: rounds.map(({ limit }) => limit.recordsPerSecond),
          },
          aim: { of: 'ratio', atLeast: 1.3 },
        }),
        figure({
          what: 'its CPU',
          unit: 'ms per 1,000',
          values: rounds.map((round) => round.update.cpuMs),
          against: { what: 'single-thread limit', values: rounds.map(({ limit }) => limit.cpuMs) },
        }),
        figure({
          what: 'its peak memory',
          unit: 'MB',
          values: rounds.map((round) => round.update.peakRssMb),
        }),
      ],
      details: { listings, rounds },
    }
  },
}

async function touchAll(source: Source): Promise<void> {
  const { keys } = source
  const touch = async (some: readonly string[], at?: number): Promise<number> =>
    TOUCHED.parse(await source.post('market', { action: 'bulk-touch', keys: some, at })).at
  const now = await touch(keys)
  const share = Math.ceil(keys.length / STAMPS)
  for (let i = 1; i < STAMPS && i * share < keys.length; i += 1) {
    await touch(keys.slice(i * share, (i + 1) * share), now - i * APART_MS)
  }
}

/** @throws {Error} unless the update read every listing, of stored pages */
async function reread(
  bench: Bench,
  { source }: RenderedSource,
  feed: { readonly folder: string; readonly prefix: string; readonly nodeFlags: readonly string[] },
  signal: AbortSignal,
): Promise<ReturnType<typeof ofRun>> {
  const { folder, prefix, nodeFlags } = feed
  const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: prefix }
  const run = await runMeasured({ args: ['update'], settings, folder, nodeFlags }, signal)
  const end = run.log.find(({ msg }) => msg === 'pass completed')
  const read = end?.['walked']
  if (read !== source.keys.length) {
    throw new Error(`The update read ${String(read)} of ${source.keys.length} listings.`)
  }
  return ofRun(run, passSeconds(run), source.keys.length)
}

function describe(round: Round | undefined): string {
  if (round === undefined) return ''
  const { update, limit } = round
  const ratio = (update.listingsPerSecond / limit.recordsPerSecond).toFixed(2)
  return `${Math.round(update.listingsPerSecond)} of ${Math.round(limit.recordsPerSecond)} listings/s (${ratio}), ${update.cpuMs.toFixed(0)} ms of CPU per 1,000, ${Math.round(update.peakRssMb)} MB`
}
