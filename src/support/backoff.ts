/** How long to wait before something that failed is tried again: full jitter (AWS, "Exponential Backoff And Jitter"). */
export interface Backoff {
  /** Upper end of the first wait, in milliseconds; it doubles with every failure. */
  readonly baseMs: number
  /** Upper end of any wait, but for what the other side asks for. */
  readonly capMs: number
}

/**
 * Whole milliseconds: anything from 0 up to `min(capMs, baseMs · 2^failures)`, so that many who failed together do not come back
 * together; never less than the other side asked for.
 *
 * @param failures before this one, since the last success
 * @param retryAfterMs what the other side asked for (`Retry-After`); undefined if nothing
 * @param random from 0 up to 1
 */
export function waitAfter(
  { baseMs, capMs }: Backoff,
  failures: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  return Math.max(retryAfterMs ?? 0, Math.floor(random() * Math.min(capMs, baseMs * 2 ** failures)))
}
