/**
 * `action`, at most once in `ms` and not in the first `ms`; calls in between are dropped.
 *
 * @param monotonic milliseconds from any origin
 */
export function atMostEvery<T extends readonly unknown[]>(
  ms: number,
  action: (...args: T) => void,
  monotonic: () => number = () => performance.now(),
): (...args: T) => void {
  let last = monotonic()
  return (...args) => {
    const now = monotonic()
    if (now - last < ms) return
    last = now
    action(...args)
  }
}
