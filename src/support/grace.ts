import type { Timer } from './timer.ts'

/** Its signal aborts `ms` after the given one does: what is open then may still be finished. */
export function graceAfter(
  signal: AbortSignal,
  ms: number,
  timer: Pick<Timer, 'sleep'>,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const over = new AbortController()
  const onAbort = (): void => {
    timer.sleep(ms, over.signal).then(
      () => controller.abort(signal.reason),
      () => undefined,
    )
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      over.abort()
      signal.removeEventListener('abort', onAbort)
    },
  }
}
