/** 6: what each pass asks of the source, beside the least that would do. */
import { rm } from 'node:fs/promises'

import { figure, type Figure } from '../tools/figure.ts'
import { runMeasured } from '../tools/measured-program.ts'
import type { Part } from '../tools/part.ts'
import { Source } from '../tools/source.ts'
import { pagesOf, walkOf } from '../tools/walks.ts'

const LISTINGS = 10_000
const CHANGED = 100

interface Cost {
  readonly requests: number
  readonly bytes: number
}

interface PassCost {
  readonly pass: string
  readonly spent: Cost
  /** Of requests for the records alone. */
  readonly least: Cost
}

export const API_COST: Part = {
  name: 'api',
  title: 'What passes ask of the API',
  estimate: () => 20,
  async run(bench, signal) {
    const walk = await walkOf(bench, 'standard', signal)
    const listings = Math.min(LISTINGS, bench.sizes.listings)
    await using source = await Source.start({ listings, fields: 'standard', folder: bench.folder }, signal)
    const folder = await bench.newFolder('api')
    const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: bench.prefix('api') }
    const spentBy = (command: string): Promise<Cost> =>
      costOf(source, () => runMeasured({ args: [command], settings, folder }, signal))
    const asked = (pages: readonly string[]): Promise<Cost> =>
      costOf(source, () => source.render(pages, () => undefined, signal))

    const passes: PassCost[] = []
    const snapshot = await spentBy('snapshot')
    const wholePages = pagesOf(walk.whole, source.keys, false)
    passes.push({ pass: `snapshot of ${listings}`, spent: snapshot, least: await asked(wholePages) })
    // Into another second than the snapshot's end.
    await spentBy('update')
    const idle = await spentBy('update')
    const window = await lastWindow(source)
    passes.push({ pass: 'update that finds nothing', spent: idle, least: await asked([window]) })
    await source.post('market', { action: 'touch', count: CHANGED })
    const update = await spentBy('update')
    const changed = await lastWindow(source)
    passes.push({ pass: `update of ${CHANGED}`, spent: update, least: await asked([changed]) })
    const purge = await spentBy('purge')
    const keyPages = pagesOf(walk.keys, source.keys, false)
    passes.push({ pass: `purge of ${listings}`, spent: purge, least: await asked(keyPages) })
    await rm(folder, { recursive: true, force: true })
    return { figures: passes.flatMap(figuresOf), details: { passes, byPath: (await source.sent()).byPath } }
  },
}

async function costOf(source: Source, work: () => Promise<unknown>): Promise<Cost> {
  const before = await source.sent()
  await work()
  const after = await source.sent()
  return { requests: after.requests - before.requests, bytes: after.bytes - before.bytes }
}

/** The first page of the last walk by a filter. */
async function lastWindow(source: Source): Promise<string> {
  const page = (await source.log()).findLast(
    ({ url }) => url.includes('_filter=') && /_skiptoken=(?:&|$)/.test(url),
  )
  if (page === undefined) throw new Error('The update walked no window.')
  return page.url
}

function figuresOf({ pass, spent, least }: PassCost): readonly Figure[] {
  const against = 'the pages alone'
  return [
    figure({
      what: `requests of a ${pass}, metadata included`,
      unit: 'requests',
      values: [spent.requests],
      against: { what: against, values: [least.requests] },
    }),
    figure({
      what: `bytes of a ${pass}, in gzip`,
      unit: 'kB',
      values: [spent.bytes / 1000],
      against: { what: against, values: [least.bytes / 1000] },
    }),
  ]
}
