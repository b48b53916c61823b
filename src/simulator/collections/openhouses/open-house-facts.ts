import type { JsonValue } from '../../../domain/json.ts'
import { MASKED } from '../../../domain/masked.ts'
import { hash32, pick } from '../../prng.ts'
import type { RecordFields } from '../../records/collection-definition.ts'
import { dateText, datetimeText } from '../../time-text.ts'
import { endOf } from './open-house.ts'
import type { OpenHouse } from './open-house.ts'

/** The simulated MLS is in mountain standard time, the whole year. */
const OFFSET_MS = -7 * 3_600_000
const HOSTS = ['Ana Archer', 'Björn O’Neil', 'Chloé Böhm']

/** Values by field id. */
export const OPEN_HOUSE_FACTS: RecordFields<OpenHouse>['facts'] = {
  ListingKey: ({ seed }, { firstIn }) => firstIn('listings', seed)?.key ?? null,
  Date: dateOf,
  StartTime: startTime,
  EndTime: endTime,
  OpenHouseStartTimestamp: startTimestamp,
  OpenHouseEndTimestamp: endTimestamp,
  Comments: ({ number, remarked }) => (remarked === 0 ? null : `Ring bell ${number}, café № ${remarked}.`),
  AdditionalInfo: ({ seed }) => [{ 'Hosted By': pick(HOSTS, hash32(seed, 3)) }],
  Livestream: isStreamed,
  LivestreamUri: ifStreamed(() => MASKED),
  LivestreamDescription: ifStreamed(() => 'With questions by chat.'),
  LivestreamDate: ifStreamed(dateOf),
  LivestreamStartTime: ifStreamed(startTime),
  LivestreamEndTime: ifStreamed(endTime),
  LivestreamStartTimestamp: ifStreamed(startTimestamp),
  LivestreamEndTimestamp: ifStreamed(endTimestamp),
  ModificationTimestamp: ({ modifiedAt }) => datetimeText(modifiedAt),
}

function isStreamed({ seed }: OpenHouse): boolean {
  return seed % 4 === 0
}

function ifStreamed(value: (openHouse: OpenHouse) => JsonValue): (openHouse: OpenHouse) => JsonValue {
  return (openHouse) => (isStreamed(openHouse) ? value(openHouse) : null)
}

/** `05/02/2026` */
function dateOf({ startsAt }: OpenHouse): string {
  const [year, month, day] = dateText(startsAt + OFFSET_MS).split('-')
  return `${month}/${day}/${year}`
}

function startTime({ seed, startsAt }: OpenHouse): string {
  return timeText(seed, startsAt)
}

function endTime(openHouse: OpenHouse): string {
  return timeText(openHouse.seed, endOf(openHouse))
}

function startTimestamp({ startsAt }: OpenHouse): string {
  return datetimeText(startsAt)
}

function endTimestamp(openHouse: OpenHouse): string {
  return datetimeText(endOf(openHouse))
}

/** In one of the three spellings: `9:00 am`, `09:00 AM`, `09:00-07:00`. */
function timeText(seed: number, at: number): string {
  const time = datetimeText(at + OFFSET_MS).slice(11, 16)
  const [hour = '', minute = ''] = time.split(':')
  const half = Number(hour) < 12 ? 'am' : 'pm'
  const short = String(Number(hour) % 12 || 12)
  switch (seed % 3) {
    case 0:
      return `${short}:${minute} ${half}`
    case 1:
      return `${short.padStart(2, '0')}:${minute} ${half.toUpperCase()}`
    default:
      return `${time}-07:00`
  }
}
