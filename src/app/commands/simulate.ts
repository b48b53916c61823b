import { simulate } from '../../simulator/simulate.ts'

export interface SimulateFlags {
  readonly listings: number
  readonly port: number
  readonly seed: number
  /** Changes a minute. */
  readonly rate: number
  /** Minutes. */
  readonly cacheLag: number
  readonly storedPages?: true
}

export async function runSimulator(flags: SimulateFlags, signal: AbortSignal): Promise<number> {
  const { listings, port, seed, rate, cacheLag, storedPages = false } = flags
  const cacheLagMs = cacheLag * 60_000
  await simulate({ listings, port, seed, cacheLagMs, storedPages, ratePerMinute: rate }, signal)
  return 0
}
