import type { PlannedRound } from '../../consumer/rebuild/plan-round.ts'
import type { NextOffsets } from '../../domain/pass.ts'

/** From less than this no pace is concluded. */
const PACE_FROM_MS = 1_000

/** How far a round is, of what was left of it when it began or went on. */
export interface RoundProgress {
  /** In offsets: of a compacted topic, more than records. */
  readonly done: number
  readonly total: number
  /** Rounded down. */
  readonly percent: number
  /** Records that were read. */
  readonly records: number
  readonly recordsPerSecond: number | null
  readonly secondsLeft: number | null
  readonly seconds: number
}

/** Counts for one round. */
export class RoundMeter {
  readonly #from: NextOffsets
  readonly #total: number
  readonly #monotonic: () => number
  readonly #begunAt: number
  #done = 0
  #records = 0

  /** @param monotonic milliseconds from any origin */
  constructor({ round, from }: PlannedRound, monotonic = () => performance.now()) {
    this.#from = from
    this.#total = distance(from, round.ends)
    this.#monotonic = monotonic
    this.#begunAt = monotonic()
  }

  advance(records: number, reached: NextOffsets): void {
    this.#records += records
    this.#done = distance(this.#from, reached)
  }

  progress(): RoundProgress {
    const ms = this.#monotonic() - this.#begunAt
    const [done, total, records] = [this.#done, this.#total, this.#records]
    const hasPace = ms >= PACE_FROM_MS && done > 0
    return {
      done,
      total,
      percent: total === 0 ? 100 : Math.floor((100 * done) / total),
      records,
      recordsPerSecond: hasPace ? Math.round((1000 * records) / ms) : null,
      secondsLeft: hasPace ? Math.round(((total - done) * ms) / done / 1000) : null,
      seconds: Math.round(ms / 100) / 10,
    }
  }
}

function distance(from: NextOffsets, to: NextOffsets): number {
  const steps = Object.entries(to).flatMap(([name, offsets]) =>
    offsets.map((offset, partition) => offset - (from[name]?.[partition] ?? 0)),
  )
  return steps.reduce((sum, step) => sum + Math.max(0, step), 0)
}
