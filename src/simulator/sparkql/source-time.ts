/** Days and times as filters write them, in the zone of the source where they name none (docs/spark-api.md §2.7). */

/** The local time of the source, as `/v1/system` tells it. It knows no summer time. */
export const SOURCE_ZONE = '-06:00'

const DAY_MS = 86_400_000
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?$/
const DATETIME = /^(\d{4}-\d\d-\d\d)T([\d:.]+)(Z|[+-]\d\d:?\d\d)?$/

/** A point in time as a certain zone tells it. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Milliseconds by which the zone's clock is ahead of UTC. */
  readonly offset: number
}

const SOURCE_OFFSET = offsetOf(SOURCE_ZONE)

export function inSourceZone(at: number): Moment {
  return { at, offset: SOURCE_OFFSET }
}

/** Days since 1970; undefined if there is no such day. */
export function parseDay(text: string): number | undefined {
  const [, year = '', month = '', day = ''] = DAY.exec(text) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T00:00:00Z`)
  // Date.parse turns 31 February into March.
  return new Date(ms).getUTCDate() === Number(day) ? ms / DAY_MS : undefined
}

/** Milliseconds since midnight; undefined if there is no such time. */
export function parseTime(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] = TIME.exec(text) ?? []
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000
  return Number.isNaN(ms) ? undefined : ms
}

export function parseMoment(text: string): Moment | undefined {
  const [, date = '', clock = '', zone = SOURCE_ZONE] = DATETIME.exec(text) ?? []
  const day = parseDay(date)
  const time = parseTime(clock)
  if (day === undefined || time === undefined) return undefined
  const offset = offsetOf(zone)
  return { at: day * DAY_MS + time - offset, offset }
}

/** Midnight where the source is. */
export function startOfDay(day: number): Moment {
  return inSourceZone(day * DAY_MS - SOURCE_OFFSET)
}

/** Days since 1970 by the moment's own zone. */
export function dayOf({ at, offset }: Moment): number {
  return Math.floor((at + offset) / DAY_MS)
}

/** Milliseconds since midnight in the moment's own zone. */
export function timeOf(moment: Moment): number {
  return moment.at + moment.offset - dayOf(moment) * DAY_MS
}

/** The day in UTC, to take year, month and weekday from. */
export function calendarDay(day: number): Date {
  return new Date(day * DAY_MS)
}

function offsetOf(zone: string): number {
  const [, sign = '', hours = '', minutes = ''] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
