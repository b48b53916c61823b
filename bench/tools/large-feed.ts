/** The largest feed: downloaded once a run, whoever needs it first. */
import type { Bench } from './bench.ts'
import { download, type Download } from './download.ts'
import { startRendered, type RenderedSource } from './rendered-source.ts'

export interface LargeFeed {
  readonly rendered: RenderedSource
  readonly prefix: string
  /** DATA_DIR. */
  readonly folder: string
  /** How it came to be, on a broker that nothing has warmed. */
  readonly download: Download
}

const known = new WeakMap<Bench, Promise<LargeFeed>>()

export function largeFeed(bench: Bench, signal: AbortSignal): Promise<LargeFeed> {
  const feed = known.get(bench) ?? make(bench, signal)
  known.set(bench, feed)
  return feed
}

async function make(bench: Bench, signal: AbortSignal): Promise<LargeFeed> {
  const listings = bench.sizes.many
  bench.say(`A source of ${listings.toLocaleString('en')} listings`)
  const rendered = bench.own(await startRendered(bench, { fields: 'standard', listings }, signal))
  const prefix = bench.prefix('large')
  const folder = await bench.newFolder('large')
  const done = await download(bench, { source: rendered.source, prefix, folder }, signal)
  bench.say(
    `Downloaded with ${Math.round(done.listingsPerSecond)} listings/s, ${Math.round(done.peakRssMb)} MB`,
  )
  bench.isWarm = true
  return { rendered, prefix, folder, download: done }
}
