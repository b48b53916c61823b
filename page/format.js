/** Numbers, spans and times as people read them. Times are the viewer's; UTC is told on hover. */
const NUMBERS = new Intl.NumberFormat('en')
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const LONG_AGO = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const DAY_MS = 24 * 3_600_000

/** @param {number} value */
export function number(value) {
  return NUMBERS.format(value)
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`
}

/** Two units at most: `12 s`, `4 min 5 s`, `2 h 5 min`, `3 d 4 h`. @param {number} seconds */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 600) return pair(whole, 60, 'min', 1, 's')
  if (whole < 3_600) return `${Math.round(whole / 60)} min`
  if (whole < 48 * 3_600) return pair(whole, 3_600, 'h', 60, 'min')
  return pair(whole, 24 * 3_600, 'd', 3_600, 'h')
}

/** @param {number} seconds @param {number} large @param {string} first @param {number} small @param {string} second */
function pair(seconds, large, first, small, second) {
  const rest = Math.floor((seconds % large) / small)
  return `${Math.floor(seconds / large)} ${first}${rest === 0 ? '' : ` ${rest} ${second}`}`
}

/** @param {number} seconds for the scale of a chart */
export function shortSpan(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3_600) return `${round(seconds / 60)} min`
  if (seconds < 48 * 3_600) return `${round(seconds / 3_600)} h`
  return `${round(seconds / 86_400)} d`
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(value < 10 ? 1 : 0))
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${round(bytes / 1_000)} kB` : `${round(bytes / 1_000_000)} MB`
}

/** @param {string} iso @param {number} [now] milliseconds since 1970 */
export function clock(iso, now = Date.now()) {
  const at = new Date(iso)
  const distance = Math.abs(now - at.getTime())
  if (distance < DAY_MS / 2) return CLOCK.format(at)
  return (distance < 120 * DAY_MS ? DAY : LONG_AGO).format(at)
}

/** Words of the program: `may_have_lost` is `may have lost`. @param {string} code */
export function words(code) {
  return code.replaceAll('_', ' ')
}
