/** A change, or whatever else lies in a partition, that was begun with and has to be over before later offsets count. */
export interface Outstanding {
  /** It is handled. */
  readonly acknowledge: () => void
  /** Whoever had it lets go of it unhandled: nothing above it counts from now on. Nothing, once it is acknowledged. */
  readonly release: () => void
}

interface Entry {
  nextOffset: number
  state: 'running' | 'done' | 'released'
}

/** Up to where one partition is handled, whatever the order in which its changes get done. */
export class OffsetTracker {
  #position: number
  /** In the order of the partition; the first one is not done. */
  readonly #entries: Entry[] = []
  #running = 0
  readonly #onChange: () => void

  /** @param onChange told of every acknowledgement and release */
  constructor(position: number, onChange: () => void = () => undefined) {
    this.#position = position
    this.#onChange = onChange
  }

  /** Everything below it is handled. */
  get position(): number {
    return this.#position
  }

  /** Begun, and neither acknowledged nor released. */
  get running(): number {
    return this.#running
  }

  /** Not below `position`, done or not: what comes again if the process ends now. */
  get ahead(): number {
    return this.#entries.length
  }

  /** @param nextOffset where a reader goes on that has handled it */
  begin(nextOffset: number): Outstanding {
    const entry: Entry = { nextOffset, state: 'running' }
    this.#entries.push(entry)
    this.#running += 1
    return {
      acknowledge: () => this.#end(entry, 'done'),
      release: () => this.#end(entry, 'released'),
    }
  }

  /** Up to there nothing more was found: markers, aborted records, gaps of compaction. */
  pass(nextOffset: number): void {
    const last = this.#entries.at(-1)
    if (last === undefined) this.#position = nextOffset
    else last.nextOffset = nextOffset
  }

  #end(entry: Entry, state: 'done' | 'released'): void {
    if (entry.state !== 'running') return
    entry.state = state
    this.#running -= 1
    let handled = 0
    for (const first of this.#entries) {
      if (first.state !== 'done') break
      this.#position = first.nextOffset
      handled += 1
    }
    if (handled > 0) this.#entries.splice(0, handled)
    this.#onChange()
  }
}
