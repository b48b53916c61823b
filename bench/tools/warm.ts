import { rm } from 'node:fs/promises'

import type { Bench } from './bench.ts'
import { download } from './download.ts'
import type { Source } from './source.ts'

const LEAST = 3
const MOST = 5
/** Another download is worth its while if the last one took the broker so much less than the one before. */
const STILL_WARMING = 0.88

/**
 * A fresh broker takes three times the CPU for its first records, until its JVM has compiled what they run through: downloads
 * go first until its CPU for each record no longer falls. Where it cannot be seen, five.
 */
export async function warmBroker(
  bench: Bench,
  source: Source,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const taken: number[] = []
  for (let round = 1; round <= MOST; round += 1) {
    const folder = await bench.newFolder('warm')
    const { brokerCpuMs, listingsPerSecond } = await download(
      bench,
      { source, prefix: bench.prefix('warm'), folder },
      signal,
    )
    await rm(folder, { recursive: true, force: true })
    const cpu = brokerCpuMs === undefined ? '' : `, the broker took ${brokerCpuMs.toFixed(1)} ms per 1,000`
    bench.say(`Warming the broker, ${round}: ${Math.round(listingsPerSecond)} listings/s${cpu}`)
    if (brokerCpuMs === undefined) continue
    const last = taken.at(-1)
    taken.push(brokerCpuMs)
    if (last !== undefined && round >= LEAST && brokerCpuMs > last * STILL_WARMING) break
  }
  return taken
}
