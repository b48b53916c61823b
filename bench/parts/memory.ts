/** 1: whether the memory of an initial download follows the number of listings. */
import { rm } from 'node:fs/promises'

import { download } from '../tools/download.ts'
import { figure } from '../tools/figure.ts'
import { largeFeed } from '../tools/large-feed.ts'
import type { Part } from '../tools/part.ts'
import { startRendered } from '../tools/rendered-source.ts'

const FEW = 10_000
const AIM = { of: 'value', atMost: 350 } as const

export const MEMORY: Part = {
  name: 'memory',
  title: 'Memory of few and of many listings',
  estimate: ({ many }) => 20 + many / 4_500,
  async run(bench, signal) {
    const listings = Math.min(FEW, bench.sizes.many)
    await using rendered = await startRendered(bench, { fields: 'standard', listings }, signal)
    const folder = await bench.newFolder('few')
    const feed = { source: rendered.source, prefix: bench.prefix('few'), folder }
    const few = await download(bench, feed, signal)
    await rm(folder, { recursive: true, force: true })
    bench.say(`${listings} listings: ${Math.round(few.peakRssMb)} MB`)
    const { download: many } = await largeFeed(bench, signal)
    const nameOf = (count: number): string => `peak memory of ${count.toLocaleString('en')} listings`
    return {
      figures: [
        figure({ what: nameOf(listings), unit: 'MB', values: [few.peakRssMb], aim: AIM }),
        figure({
          what: nameOf(bench.sizes.many),
          unit: 'MB',
          values: [many.peakRssMb],
          against: { what: `${listings.toLocaleString('en')} listings`, values: [few.peakRssMb] },
          aim: AIM,
        }),
      ],
      details: { few, many },
    }
  },
}
