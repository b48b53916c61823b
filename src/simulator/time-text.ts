const DAY_MS = 86_400_000

/** Whole seconds, as every stamp of the source (docs/spark-api.md §2.8). */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

/** `2026-05-02T14:03:09Z` */
export function datetimeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `2026-05-02` */
export function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Days since 1970. */
export function dayNumber(ms: number): number {
  return Math.floor(ms / DAY_MS)
}
