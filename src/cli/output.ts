/** What a shell makes of a process that SIGPIPE ended. */
const BROKEN_PIPE = 141
const FAILED = 1
/** Nobody reads any more. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

export interface WatchedOutput {
  /** Aborts when what the command says can no longer be written. */
  readonly signal: AbortSignal
  /** The exit code that then counts; undefined while all is well. */
  readonly exitCode: number | undefined
}

/**
 * For the whole life of the process: the last write may fail after the command has returned. A reader that goes away
 * (`listingstream tail | head`) ends the command without a word, a full disk with one line.
 */
export function watchOutput(): WatchedOutput {
  const controller = new AbortController()
  let exitCode: number | undefined
  const onError = (error: NodeJS.ErrnoException): void => {
    if (exitCode !== undefined) return
    exitCode = GONE.has(error.code) ? BROKEN_PIPE : FAILED
    process.exitCode = exitCode
    if (exitCode === FAILED) {
      process.stderr.write(`listingstream: the output cannot be written (${error.code ?? error.message})\n`)
    }
    controller.abort(new Error('stopped: the output cannot be written', { cause: error }))
  }
  process.stdout.on('error', onError)
  process.stderr.on('error', onError)
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
  }
}
