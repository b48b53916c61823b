/** 3: the walk of all keys that a purge makes. */
import { isDeepStrictEqual } from 'node:util'

import { figure } from '../tools/figure.ts'
import { largeFeed } from '../tools/large-feed.ts'
import { between, measureLimit, type Limit } from '../tools/limit.ts'
import { passSeconds, runMeasured, type Measured } from '../tools/measured-program.ts'
import type { Part } from '../tools/part.ts'
import { profiled } from '../tools/profiles.ts'
import { renderPages } from '../tools/rendered-source.ts'
import { pagesOf } from '../tools/walks.ts'

const NO_DELETES = { emitted: 0, held: 0, refuted: 0, inconclusive: 0, unconfirmed: 0 }

/** Small ones, of which many are needed for a time that can be measured. */
const MEASURED_PAGES = 300

interface Round {
  readonly limit: Limit
  readonly seconds: number
  readonly keysPerSecond: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

export const PURGE: Part = {
  name: 'purge',
  title: 'Purge walk',
  estimate: ({ many, rounds }) => many / 40_000 + rounds * (8 + many / 60_000),
  async run(bench, signal) {
    const { rendered, prefix, folder } = await largeFeed(bench, signal)
    const { source, walk } = rendered
    const keys = source.keys.length
    await renderPages(bench, source, pagesOf(walk.keys, source.keys), signal)
    const pages = pagesOf(walk.keys, source.keys, false)
    const full = pages.slice(0, Math.max(1, Math.floor(keys / 1000)))
    const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: prefix }
    const purge = async (nodeFlags: readonly string[] = []): Promise<Measured> => {
      const run = await runMeasured({ args: ['purge'], settings, folder, nodeFlags }, signal)
      const end = run.log.find(({ msg }) => msg === 'pass completed')
      if (end?.['walked'] !== keys || !isDeepStrictEqual(end['deletes'], NO_DELETES)) {
        throw new Error(`The purge of ${keys} keys that are all there ended so: ${JSON.stringify(end)}`)
      }
      return run
    }
    const limitNow = (): Promise<Limit> => measureLimit(source, full, null, signal, MEASURED_PAGES)
    const rounds: Round[] = []
    for (let round = 1; round <= bench.sizes.rounds; round += 1) {
      const before = await limitNow()
      const run = await purge()
      const { wallSeconds, cpuSeconds, peakRssMb } = run
      const seconds = passSeconds(run)
      const limit = between(before, await limitNow())
      rounds.push({ limit, seconds, keysPerSecond: keys / seconds, wallSeconds, cpuSeconds, peakRssMb })
      bench.say(
        `Round ${round}: ${Math.round(keys / seconds)} of ${Math.round(limit.recordsPerSecond)} keys/s, ${Math.round(peakRssMb)} MB`,
      )
    }
    if (bench.profile) await profiled('purge', keys, (flags) => purge(flags).then(() => undefined))
    return {
      figures: [
        figure({
          what: `purge walk of ${keys.toLocaleString('en')} keys`,
          unit: 'keys/s',
          values: rounds.map((round) => round.keysPerSecond),
          against: {
            what: '`JSON.parse` of its pages',
            values: rounds.map(({ limit }) => limit.recordsPerSecond),
          },
          aim: { of: 'ratio', atLeast: 0.7 },
        }),
        figure({
          what: 'the same',
          unit: 'keys/s',
          values: rounds.map((round) => round.keysPerSecond),
          against: {
            what: 'unzipping, decoding and parsing its pages',
            values: rounds.map(({ limit }) => 1_000_000 / (limit.readMs + limit.parseMs)),
          },
        }),
        figure({
          what: 'its peak memory',
          unit: 'MB',
          values: rounds.map((round) => round.peakRssMb),
          aim: { of: 'value', atMost: 350 },
        }),
      ],
      details: { keys, rounds },
    }
  },
}
