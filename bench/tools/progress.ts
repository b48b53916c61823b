/** Says on stderr where the run stands, and how long it will still take. */
export class Progress {
  readonly #estimates: readonly number[]
  readonly #begun = performance.now()
  #current = -1
  #partBegun = 0

  /** @param estimates seconds of each part */
  constructor(estimates: readonly number[]) {
    this.#estimates = estimates
  }

  begin(part: number, title: string): void {
    this.#current = part
    this.#partBegun = performance.now()
    this.say(title)
  }

  say(line: string): void {
    const gone = (performance.now() - this.#begun) / 1000
    const place = this.#current < 0 ? '' : `${this.#current + 1}/${this.#estimates.length} `
    const left = `about ${clock(this.#secondsLeft())} left`
    process.stderr.write(`[${place}${clock(gone)} gone, ${left}] ${line}\n`)
  }

  /** By the estimates, corrected by how the finished parts came out. */
  #secondsLeft(): number {
    const estimates = this.#estimates
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
