import { z } from 'zod'

const ACCESS = ['granted', 'bad-key', 'expired', 'disabled', 'user-inactive', 'wrong-host'] as const
const END_OF_WALK = [
  'empty-page',
  'repeated-token',
  'no-token',
  'null-token',
  'empty-token',
  'first-token',
] as const
export const POISONS = ['nan', 'deep', 'digits', 'latin-1'] as const

/** Everything that a test may switch while the simulator runs. What is UNCONFIRMED about the source is a switch here. */
export const behaviourSchema = z.strictObject({
  /**
   * How a `_skiptoken` walk ends (docs/spark-api.md §2.3). `empty-page`: an empty page that repeats the token it was
   * asked with; all others: already the last page with rows says so. `first-token` never ends: it leads back to the
   * beginning.
   */
  endOfWalk: z.enum(END_OF_WALK),
  /** `Results` of a reply to `_pagination=count`: both are seen (docs/spark-api.md §2.2). */
  countResults: z.enum(['absent', 'empty']),
  /** The `Date` header: off the clock by so many milliseconds, or not sent. */
  dateSkewMs: z.number().int(),
  dateSent: z.boolean(),
  gzip: z.boolean(),
  /** Seed of the order of JSON members, another for each reply; null for the order of definition. */
  keyOrderSeed: z.number().int().nullable(),
  /** Answers 400/1016 to requests without `X-SparkApi-User-Agent` (docs/spark-api.md §1.4). */
  userAgentRequired: z.boolean(),
  /** `string`: `"50000.0"`, longitudes with a leading blank (docs/spark-api.md §4.1, older replies). */
  decimals: z.enum(['number', 'string']),
  /** A field without a value: `null`, or left out (docs/spark-api.md §4.1, §4.10). */
  nullFields: z.enum(['shown', 'absent']),
  /** `StandardFields` of a row under `_select=Id` (UNCONFIRMED, docs/spark-api.md §2.4). */
  emptyStandardFields: z.enum(['empty', 'absent']),
  /** A filter field that the API does not know: refused with 1040, or dropped with a wider result (docs/spark-api.md §2.7). */
  unknownFields: z.enum(['refused', 'dropped']),
  /** Known fields that cannot be searched, and what happens to a filter that names one. */
  unsearchable: z.record(z.string(), z.enum(['refused', 'dropped'])),
  /** Code of the 405 to a method that a path does not take: which of them is UNCONFIRMED (docs/spark-api.md §3.3). */
  methodCode: z.literal([405, 1017, 1018]),
  /** Whether a filter finds a listing by a `ModificationTimestamp` that it shows masked, or in no form of a time. */
  maskedStamps: z.enum(['searched', 'unsearched']),
  /**
   * Listings that are shown whole in a form that no reader expects: a number that is none in JSON, 5,000 levels of nesting,
   * 400 kB of digits, text that is not UTF-8. By key.
   */
  poisoned: z.record(z.string(), z.enum(POISONS)),
  /** 401/1000, 401/1020, 401/1010, 403/1015, 403/1021. */
  access: z.enum(ACCESS),
  /** Life of a session and of an access token (docs/spark-api.md §3.6). A personal access token does not expire. */
  sessionSeconds: z.number().int().min(1),
  accessTokenSeconds: z.number().int().min(1),
  /** Whether a refresh gives a new refresh token, too, and ends the old one. */
  refreshToken: z.enum(['replaced', 'kept']),
  /**
   * Requests of one key in any five minutes; what is more gets 429/1550 (docs/spark-api.md §3.4). Null for no limit. Those
   * from before it was set do not count.
   */
  rateLimit: z.number().int().min(1).nullable(),
  /** Whether a 429 says in `Retry-After` in how many seconds a request will be let through. */
  retryAfterSent: z.boolean(),
  /** Stamps, `2026-05-02T14:03:09Z`, of which no row can be shown whole: 500/1026 to each page that holds one, counts are right. */
  brokenSeconds: z.array(z.iso.datetime()),
  /** 503/1515 to a page of more rows, each expansion of a row counted as a row, too (docs/spark-api.md §3.3). Null: none. */
  pageCostLimit: z.number().int().min(1).nullable(),
  /** 503/1516 to rows by `_filter` or `_orderby` of which more match; counts are not refused. Null: none. */
  searchCostLimit: z.number().int().min(1).nullable(),
  /**
   * Services that this key may not use answer 1500, with HTTP 403 or, as seen, 200 (docs/spark-api.md §3.2). By path:
   * `/v1/accounts`, `/v1/listings/{Id}/photos`; with a `*` at its end, all that begin so.
   */
  forbiddenServices: z.record(z.string(), z.literal([403, 200])),
  /** Keys whose own page `/v1/listings/{Id}`, with all below it, answers 403/1500. */
  forbiddenKeys: z.array(z.string()),
  /** A key without replication rights has a `_limit` of 25 at most. */
  role: z.enum(['replication', 'regular']),
  /** Whether parts have attributes that no page names. */
  unknownPartAttributes: z.boolean(),
  /** Attributes of parts that show `********` (docs/spark-api.md §4.2). */
  maskedPartAttributes: z.array(z.string()),
  /** A video with privacy "Automatic" when its listing has left the market (docs/spark-api.md §4.5): no stamp moves. */
  automaticPrivacy: z.enum(['shows', 'hides']),
  /** Addresses of the pictures of floor plans: `expiring` ones are others every quarter of an hour (docs/spark-api.md §4.5). */
  planAddresses: z.enum(['lasting', 'expiring']),
  /** Times of open houses: `9:00 am`, `09:00 AM`, `09:00-07:00`, or each of them (docs/spark-api.md §4.6). */
  openHouseTimes: z.enum(['short', 'padded', 'offset', 'each']),
  /** Shares of what happens to listings by itself, where they are not the usual ones: `{"media": 40}`. */
  usualShares: z.record(z.string(), z.number().int().min(0).max(1000)),
  /** Whether a change of a listing's parts moves its `ModificationTimestamp`, too (UNCONFIRMED, docs/spark-api.md §2.9). */
  partsMoveStamp: z.boolean(),
  /** So many milliseconds after stamp and count a set of parts follows: until then it is shown as it was. */
  setLagMs: z.number().int().min(0),
  /** Sets over which the API stumbles: 500/1026. Parts of the path, by key of the listing. */
  brokenParts: z.record(z.string(), z.array(z.string())),
  /** Expansions that `_expand` passes over in silence, although the sets are there (docs/spark-api.md §2.5). */
  hiddenExpansions: z.array(z.string()),
  /** The member that `_expand` of custom fields adds (UNCONFIRMED, docs/spark-api.md §2.5). */
  customFieldsMember: z.enum(['CustomFields', 'CustomFieldsRaw', 'CustomFieldsExpandedRaw']),
})

export type Behaviour = Readonly<z.output<typeof behaviourSchema>>

export const DEFAULT_BEHAVIOUR: Behaviour = {
  endOfWalk: 'empty-page',
  countResults: 'absent',
  dateSkewMs: 0,
  dateSent: true,
  gzip: true,
  keyOrderSeed: 1,
  userAgentRequired: false,
  decimals: 'number',
  nullFields: 'shown',
  emptyStandardFields: 'empty',
  unknownFields: 'refused',
  unsearchable: {},
  methodCode: 405,
  maskedStamps: 'unsearched',
  poisoned: {},
  access: 'granted',
  sessionSeconds: 86_400,
  accessTokenSeconds: 86_400,
  refreshToken: 'replaced',
  rateLimit: null,
  retryAfterSent: false,
  brokenSeconds: [],
  pageCostLimit: null,
  searchCostLimit: null,
  forbiddenServices: {},
  forbiddenKeys: [],
  role: 'replication',
  unknownPartAttributes: false,
  maskedPartAttributes: [],
  automaticPrivacy: 'shows',
  planAddresses: 'lasting',
  openHouseTimes: 'each',
  usualShares: {},
  partsMoveStamp: true,
  setLagMs: 0,
  brokenParts: {},
  hiddenExpansions: [],
  customFieldsMember: 'CustomFields',
}

/** @throws {z.ZodError} if the change names an unknown switch or a wrong position of one. */
export function changedBehaviour(current: Behaviour, change: object): Behaviour {
  return behaviourSchema.parse({ ...current, ...change })
}
