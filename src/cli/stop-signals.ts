/** Longest that a stop may take after the first signal. */
const FORCE_AFTER_MS = 10_000

/** What a shell makes of a process that SIGINT ended. */
const INTERRUPTED = 130

export interface StopSignals extends Disposable {
  readonly signal: AbortSignal
}

/**
 * The first SIGINT or SIGTERM aborts; the second, or ten seconds, ends the process at once.
 */
export function stopSignals(): StopSignals {
  const controller = new AbortController()
  let force: NodeJS.Timeout | undefined
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort(new Error(`stopped by ${name}`))
    force = setTimeout(() => {
      process.stderr.write(`listingstream: ended by force, ${FORCE_AFTER_MS / 1000} s after ${name}\n`)
      process.exit(1)
    }, FORCE_AFTER_MS)
    force.unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(force)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
