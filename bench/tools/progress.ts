import type { Part, Sizes } from './bench.ts'

/** Says on stderr where the run stands, and how long it will still take. */
export class Progress {
  readonly #parts: readonly Part[]
  readonly #sizes: Sizes
  readonly #begun = performance.now()
  #current = -1
  #partBegun = 0

  constructor(parts: readonly Part[], sizes: Sizes) {
    this.#parts = parts
    this.#sizes = sizes
  }

  begin(part: Part): void {
    this.#current = this.#parts.indexOf(part)
    this.#partBegun = performance.now()
    this.say(part.title)
  }

  say(line: string): void {
    const gone = (performance.now() - this.#begun) / 1000
    const place = this.#current < 0 ? '' : `${this.#current + 1}/${this.#parts.length} `
    const left = `about ${clock(this.#secondsLeft())} left`
    process.stderr.write(`[${place}${clock(gone)} gone, ${left}] ${line}\n`)
  }

  /** By the estimates, corrected by how the finished parts came out. */
  #secondsLeft(): number {
    const estimates = this.#parts.map((part) => part.estimate(this.#sizes))
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
    const done = sum(estimates.slice(0, Math.max(0, this.#current)))
    const pace = done < 30 ? 1 : (this.#partBegun - this.#begun) / 1000 / done
    const inPart = this.#current < 0 ? 0 : (performance.now() - this.#partBegun) / 1000
    const current = this.#current < 0 ? 0 : Math.max(5, (estimates[this.#current] ?? 0) * pace - inPart)
    return current + sum(estimates.slice(this.#current + 1)) * pace
  }
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
