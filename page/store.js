/** What the page knows: the last tick of the feed that is shown, and what its ticks have told of the last day. */

/** @import { EventKind, Minutes, PassEntry, Tick } from './types.d.ts' */

const DAY_MINUTES = 24 * 60
/** The rate of a running pass is that of so long. */
const RATE_OVER_MS = 30_000

/** What of a feed the ticks add up to. */
export class FeedStore {
  /** @type {Tick | undefined} */
  tick
  /** @type {Map<number, PassEntry>} */
  #passes = new Map()
  /** @type {Map<string, Map<number, number>>} */
  #freshness = new Map()
  /** @type {Map<EventKind, Map<number, number>>} */
  #events = new Map()
  /** @type {Map<string, { at: number, walked: number }[]>} */
  #paces = new Map()

  /** @param {Tick} tick the first one of a connection tells all */
  take(tick) {
    this.tick = tick
    const { passes, freshness, events } = tick.history
    // One that was merged into another is not told of any more.
    for (const entry of passes) {
      this.#passes.set(entry.id, entry)
      if (entry.times > 1) this.#forgetMerged(entry)
    }
    const minute = Math.floor(Date.parse(tick.at) / 60_000)
    for (const [name, series] of Object.entries(freshness)) merge(this.#freshness, name, series, minute)
    for (const [kind, series] of Object.entries(events)) {
      if (series !== undefined) merge(this.#events, /** @type {EventKind} */ (kind), series, minute)
    }
    this.#notePaces(Date.parse(tick.at))
  }

  /** Newest first. */
  get passes() {
    return [...this.#passes.values()].toSorted((a, b) => b.id - a.id)
  }

  /** @returns {ReadonlyMap<string, Minutes>} */
  get freshness() {
    return this.#freshness
  }

  /** @returns {ReadonlyMap<EventKind, Minutes>} */
  get events() {
    return this.#events
  }

  /** Records a second, of a pass that runs; null while that is not known. @param {string} passId */
  rate(passId) {
    const marks = this.#paces.get(passId) ?? []
    const [first] = marks
    const last = marks.at(-1)
    if (first === undefined || last === undefined || last.at - first.at < 2_000) return null
    return ((last.walked - first.walked) * 1_000) / (last.at - first.at)
  }

  /** @param {PassEntry} merged */
  #forgetMerged({ id, resource, pass, startedAt }) {
    for (const [known, entry] of this.#passes) {
      if (known === id || entry.resource !== resource || entry.pass !== pass) continue
      if (known < id && entry.startedAt >= startedAt) this.#passes.delete(known)
    }
  }

  /** @param {number} at */
  #notePaces(at) {
    const running = this.passes.filter(({ state }) => state === 'running')
    /** @type {Set<string>} */
    const ids = new Set(running.map(({ passId }) => passId))
    for (const id of this.#paces.keys()) if (!ids.has(id)) this.#paces.delete(id)
    for (const { passId, walked } of running) {
      const marks = this.#paces.get(passId) ?? []
      this.#paces.set(passId, [...marks.filter((mark) => at - mark.at < RATE_OVER_MS), { at, walked }])
    }
  }
}

/**
 * @template K
 * @param {Map<K, Map<number, number>>} all
 * @param {K} name
 * @param {{ from: number, values: readonly (number | null)[] }} series
 * @param {number} minute now
 */
function merge(all, name, { from, values }, minute) {
  const known = all.get(name) ?? new Map()
  all.set(name, known)
  for (const [index, value] of values.entries()) if (value !== null) known.set(from + index, value)
  for (const old of known.keys()) {
    if (old > minute - DAY_MINUTES) break
    known.delete(old)
  }
}
