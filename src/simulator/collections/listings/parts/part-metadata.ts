import type { JsonObject } from '../../../../domain/json.ts'

export const PRIVACIES = ['Public', 'Private', 'Automatic'] as const
export const TYPES = ['branded', 'unbranded'] as const
export const ROOM_TAGS = ['Bathroom', 'Bedroom', 'Dining', 'Kitchen', 'Laundry', 'Living']

/** A listing in one of them has left the market. */
export const OFF_MARKET_STATUSES: readonly string[] = ['Closed']

const PRIVACY = {
  Default: 'Public',
  Options: [...PRIVACIES],
  OffMarketStandardStatuses: [...OFF_MARKET_STATUSES],
}
const TYPE = { Default: 'unbranded', Options: [...TYPES] }

/** What `/v1/listings/<part>/meta` says, by part. */
export const PART_METADATA: Readonly<Record<string, JsonObject>> = {
  photos: { Privacy: PRIVACY, Tags: { Room: ROOM_TAGS } },
  videos: { Privacy: PRIVACY, Type: TYPE },
  virtualtours: { Privacy: PRIVACY, Type: TYPE },
  documents: { Privacy: PRIVACY },
}
