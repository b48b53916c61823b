import type { JsonValue } from '../../../domain/json.ts'
import { MASKED } from '../../../domain/masked.ts'
import type { Behaviour } from '../../behaviour.ts'
import { hash32, pick } from '../../prng.ts'
import type { RecordFields, Surroundings } from '../../records/collection-definition.ts'
import { dateText, datetimeText } from '../../time-text.ts'
import { endOf } from './open-house.ts'
import type { OpenHouse } from './open-house.ts'

/** The simulated MLS is in mountain standard time, the whole year. */
const OFFSET_MS = -7 * 3_600_000
const SPELLINGS = ['short', 'padded', 'offset'] as const
const HOSTS = ['Ana Archer', 'Björn O’Neil', 'Chloé Böhm']

type Fact = (openHouse: OpenHouse, around: Surroundings) => JsonValue

/** Values by field id. */
export const OPEN_HOUSE_FACTS: RecordFields<OpenHouse>['facts'] = {
  ListingKey: listingKeyOf,
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

export function listingKeyOf({ seed }: OpenHouse, { firstIn }: Pick<Surroundings, 'firstIn'>): string | null {
  return firstIn('listings', seed)?.key ?? null
}

function isStreamed({ seed }: OpenHouse): boolean {
  return seed % 4 === 0
}

function ifStreamed(value: Fact): Fact {
  return (openHouse, around) => (isStreamed(openHouse) ? value(openHouse, around) : null)
}

/** `05/02/2026` */
function dateOf({ startsAt }: OpenHouse): string {
  const [year, month, day] = dateText(startsAt + OFFSET_MS).split('-')
  return `${month}/${day}/${year}`
}

function startTime({ seed, startsAt }: OpenHouse, { behaviour }: Surroundings): string {
  return timeText(startsAt, spelling(seed, behaviour))
}

function endTime(openHouse: OpenHouse, { behaviour }: Surroundings): string {
  return timeText(endOf(openHouse), spelling(openHouse.seed, behaviour))
}

function startTimestamp({ startsAt }: OpenHouse): string {
  return datetimeText(startsAt)
}

function endTimestamp(openHouse: OpenHouse): string {
  return datetimeText(endOf(openHouse))
}

function spelling(seed: number, { openHouseTimes }: Behaviour): (typeof SPELLINGS)[number] {
  return openHouseTimes === 'each' ? pick(SPELLINGS, seed) : openHouseTimes
}

/** `9:00 am`, `09:00 AM` or `09:00-07:00`. */
function timeText(at: number, spelling: (typeof SPELLINGS)[number]): string {
  const time = datetimeText(at + OFFSET_MS).slice(11, 16)
  const [hour = '', minute = ''] = time.split(':')
  const half = Number(hour) < 12 ? 'am' : 'pm'
  const short = String(Number(hour) % 12 || 12)
  switch (spelling) {
    case 'short':
      return `${short}:${minute} ${half}`
    case 'padded':
      return `${short.padStart(2, '0')}:${minute} ${half.toUpperCase()}`
    case 'offset':
      return `${time}-07:00`
  }
}
