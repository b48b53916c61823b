/** 1: the initial download beside the single-thread limit and beside a naive replicator. */
import { rm } from 'node:fs/promises'

import type { Bench } from '../tools/bench.ts'
import { download, naiveDownload, type Download } from '../tools/download.ts'
import { figure, type Figure } from '../tools/figure.ts'
import { between, measureLimit, type Limit } from '../tools/limit.ts'
import type { Part, PartResult } from '../tools/part.ts'
import { profiled } from '../tools/profiles.ts'
import { startRendered, type RenderedSource } from '../tools/rendered-source.ts'
import { warmBroker } from '../tools/warm.ts'

type Fields = 'standard' | 'full'
const NUMBER_OF_FIELDS = { standard: 150, full: 430 } as const

interface Round {
  readonly limit: Limit
  readonly download: Download
  readonly naive: Awaited<ReturnType<typeof naiveDownload>>
}

export const DOWNLOAD: Part = {
  name: 'download',
  title: 'Initial download',
  estimate: ({ listings, rounds }) => 40 + listings / 2_500 + rounds * (listings / 3_000 + 20),
  async run(bench, signal) {
    const { listings } = bench.sizes
    const standard = await measure(bench, 'standard', listings, signal)
    const full = await measure(bench, 'full', Math.ceil(listings / 5), signal)
    return {
      figures: [...standard.figures, ...full.figures],
      details: { standard: standard.details, full: full.details },
    }
  },
}

async function measure(
  bench: Bench,
  fields: Fields,
  listings: number,
  signal: AbortSignal,
): Promise<PartResult> {
  await using rendered = await startRendered(bench, { fields, listings }, signal)
  const { source } = rendered
  const warming = fields === 'standard' && !bench.isWarm ? await warmBroker(bench, source, signal) : []
  bench.isWarm = true
  const rounds: Round[] = []
  for (let round = 1; round <= bench.sizes.rounds; round += 1) {
    rounds.push(await measureRound(bench, rendered, round, signal))
    const last = rounds.at(-1)
    if (last !== undefined) bench.say(`Round ${round}: ${describe(last)}`)
  }
  const alone = await source.render(rendered.pages, () => undefined, signal)
  if (bench.profile) {
    await profiled(`download-${fields}`, listings, (nodeFlags) =>
      once(bench, rendered, signal, nodeFlags).then(() => undefined),
    )
  }
  const aloneRate = listings / alone.seconds
  return {
    figures: figures(fields, listings, rounds, aloneRate),
    details: { listings, warming, rounds, alone },
  }
}

/** In an order that turns about: what comes first finds another machine. */
async function measureRound(
  bench: Bench,
  rendered: RenderedSource,
  round: number,
  signal: AbortSignal,
): Promise<Round> {
  const { source, walk } = rendered
  const limitNow = (): Promise<Limit> => measureLimit(source, rendered.fullPages, walk.schema, signal)
  const first = round % 2 === 0 ? await naiveDownload(bench, source, walk, signal) : undefined
  const before = await limitNow()
  const done = await once(bench, rendered, signal)
  const after = await limitNow()
  const naive = first ?? (await naiveDownload(bench, source, walk, signal))
  return { limit: between(before, after), download: done, naive }
}

async function once(
  bench: Bench,
  { source }: RenderedSource,
  signal: AbortSignal,
  nodeFlags: readonly string[] = [],
): Promise<Download> {
  const folder = await bench.newFolder('download')
  try {
    return await download(bench, { source, prefix: bench.prefix('download'), folder, nodeFlags }, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function describe({ limit, download, naive }: Round): string {
  const rate = (value: number): string => String(Math.round(value))
  const ratio = (download.listingsPerSecond / limit.recordsPerSecond).toFixed(2)
  return (
    `${rate(download.listingsPerSecond)} of ${rate(limit.recordsPerSecond)} listings/s (${ratio}), naive ${rate(naive.listingsPerSecond)}; ` +
    `CPU ${download.cpuMs.toFixed(0)} of ${limit.cpuMs.toFixed(0)} ms per 1,000; ${Math.round(download.peakRssMb)} MB`
  )
}

function figures(
  fields: Fields,
  listings: number,
  rounds: readonly Round[],
  aloneRate: number,
): readonly Figure[] {
  const of = (pick: (round: Round) => number): readonly number[] => rounds.map(pick)
  const size = (of(({ limit }) => limit.bytesPerRecord)[0] ?? 0) / 1000
  const which = `${NUMBER_OF_FIELDS[fields]} fields, ${size.toFixed(1)} kB`
  const rates = of((round) => round.download.listingsPerSecond)
  const isMain = fields === 'standard'
  return [
    figure({
      what: `initial download, ${which}`,
      unit: 'listings/s',
      values: rates,
      against: { what: 'single-thread limit', values: of(({ limit }) => limit.recordsPerSecond) },
      ...(isMain && { aim: { of: 'ratio', atLeast: 0.75 } }),
    }),
    figure({
      what: `the same, ${which}`,
      unit: 'listings/s',
      values: rates,
      against: { what: 'naive replicator', values: of(({ naive }) => naive.listingsPerSecond) },
    }),
    figure({
      what: `its CPU, ${which}`,
      unit: 'ms per 1,000',
      values: of((round) => round.download.cpuMs),
      against: { what: 'single-thread limit', values: of(({ limit }) => limit.cpuMs) },
      ...(isMain && { aim: { of: 'ratio', atMost: 2.1 } }),
    }),
    figure({
      what: `its CPU, ${which}`,
      unit: 'ms per 1,000',
      values: of((round) => round.download.cpuMs),
      against: { what: 'naive replicator', values: of(({ naive }) => naive.cpuMs) },
    }),
    figure({
      what: `peak memory of ${listings.toLocaleString('en')} listings, ${which}`,
      unit: 'MB',
      values: of((round) => round.download.peakRssMb),
      aim: { of: 'value', atMost: 350 },
    }),
    figure({
      what: `what the simulator alone can serve, ${which}`,
      unit: 'listings/s',
      values: rounds.map(() => aloneRate),
      against: { what: 'initial download', values: rates },
    }),
  ]
}
