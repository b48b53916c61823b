/** What was checked at a start stays checked: a feed runs for months, and its topics and registry are others' to change. */
import type { ChangePublisher } from '../replication/ports.ts'

/** Rejects with what must not be published into; with any other error it could not look. */
type Look = (signal: AbortSignal) => Promise<void>

export interface WatchedPublisherOptions {
  readonly look: Look
  /** Whether an error of the look ends a commit before it began. */
  readonly isFinding: (error: unknown) => boolean
  /** Told why a look was not possible; publishing goes on, since an outage shows by itself. */
  readonly onBlind: (error: unknown) => void
  /** At most one look in this time. */
  readonly intervalMs: number
  /** Milliseconds from any origin. */
  readonly monotonic: () => number
}

/** The publisher, with a look before a transaction where the last one is old. A finding is looked at again each time. */
export function watchedPublisher(
  publisher: ChangePublisher,
  { look, isFinding, onBlind, intervalMs, monotonic }: WatchedPublisherOptions,
): ChangePublisher {
  let lookedAt = monotonic()
  const lookAgain = async (signal: AbortSignal): Promise<void> => {
    try {
      await look(signal)
    } catch (error) {
      signal.throwIfAborted()
      if (isFinding(error)) throw error
      onBlind(error)
    }
    lookedAt = monotonic()
  }
  return {
    async commit(request, signal) {
      if (monotonic() - lookedAt >= intervalMs) await lookAgain(signal)
      return publisher.commit(request, signal)
    },
    nextOffsets: (resource) => publisher.nextOffsets(resource),
  }
}
