/** What was last handled of a record. */
export interface PreviousEntry {
  readonly topic: string
  readonly partition: number
  /** Of the last record of the change that was handled. */
  readonly offset: number
  /** When the source was seen to say so; ISO 8601 text in UTC. */
  readonly observedAt: string
  /** The event with the content; null once the record is deleted. Plain data: `JSON.stringify` takes all of it. */
  readonly value: unknown
}

/**
 * Keeps an entry for each record. One store may serve several topics. Entries of deleted records stay, so that a change which
 * comes again after them is not taken for a new one.
 */
export interface PreviousStore {
  /** @param key `<topic>/<key of the record>` @returns undefined if there is none */
  get(key: string): Promise<PreviousEntry | undefined>
  /** Resolves when it is kept. */
  set(key: string, entry: PreviousEntry): Promise<void>
}

/** For tests, and for what may begin anew: a process that starts again has no `before` of anything. */
export function memoryPrevious(): PreviousStore {
  const entries = new Map<string, PreviousEntry>()
  return {
    get: async (key) => entries.get(key),
    set: async (key, entry) => void entries.set(key, entry),
  }
}
