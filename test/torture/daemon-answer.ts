/** More than a busy daemon takes; one that is stopped never answers. */
const WITHIN_MS = 10_000

/** What a daemon answers to GET, in time. Rejects if it does not. */
export function daemonAnswer(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]) })
}
