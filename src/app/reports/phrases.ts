/** Numbers and times as `status` says them. */
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

export function age(at: string, now: number): string {
  return span(Math.max(0, now - Date.parse(at)))
}

export function until(at: string, now: number): string {
  const ms = Date.parse(at) - now
  return ms <= SECOND ? 'now' : `in ${span(ms)}`
}

/** In the one unit that says enough. */
export function span(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / DAY)} d`
}
