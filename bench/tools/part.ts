import type { Bench, Sizes } from './bench.ts'
import type { Figure } from './figure.ts'

export interface Part {
  /** In BENCH_ONLY, and of its file of results. */
  readonly name: string
  readonly title: string
  /** Seconds on two quiet cores, to say how long it will take. */
  estimate(sizes: Sizes): number
  run(bench: Bench, signal: AbortSignal): Promise<PartResult>
}

export interface PartResult {
  readonly figures: readonly Figure[]
  /** Every single measurement. */
  readonly details: unknown
}
