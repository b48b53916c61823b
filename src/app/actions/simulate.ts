/** `simulate`: a simulated Spark API. */
import { simulate } from '../../simulator/simulate.ts'

export interface SimulateOptions {
  readonly listings: number
  readonly mls: number
  readonly port: number
  readonly tls?: true
  readonly seed: number
  /** Changes a minute. */
  readonly rate: number
  /** Minutes. */
  readonly cacheLag: number
  /** Requests of a key in any 5 minutes; 0 for no limit. */
  readonly rateLimit: number
  readonly storedPages?: true
}

export async function runSimulator(options: SimulateOptions, signal: AbortSignal): Promise<number> {
  const { listings, mls: mlsCount, port, tls = false, seed, rate } = options
  const { cacheLag, rateLimit, storedPages = false } = options
  const cacheLagMs = cacheLag * 60_000
  const behaviour = { rateLimit: rateLimit === 0 ? null : rateLimit }
  await simulate(
    { listings, mlsCount, port, tls, seed, cacheLagMs, storedPages, behaviour, ratePerMinute: rate },
    signal,
  )
  return 0
}
