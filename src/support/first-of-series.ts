/**
 * `action` for the first call of a series alone; a series is over when there was no call for `quietMs`.
 *
 * @param monotonic milliseconds from any origin
 */
export function firstOfSeries<T extends readonly unknown[]>(
  quietMs: number,
  action: (...args: T) => void,
  monotonic: () => number = () => performance.now(),
): (...args: T) => void {
  let last = -Infinity
  return (...args) => {
    const now = monotonic()
    const isFirst = now - last >= quietMs
    last = now
    if (isFirst) action(...args)
  }
}
