/** What the checker has to know of what is published: written down once more, so that it does not believe the program. */

/** One topic of records. */
export interface JudgedResource {
  /** Of its topic, without the prefix. */
  readonly name: string
  /** Path of the list on the API's host; of a set that below a listing. */
  readonly path: string
  readonly upserted: string
  /** Undefined: a tombstone alone says that the key is gone. */
  readonly deleted: string | undefined
  /** The member of an event with the record's key. */
  readonly key: string
  /** The member with the content, and the one in it with the source's fields. */
  readonly content: string
  readonly fields: string
  /** Fields outside the content (R5). */
  readonly skipped: ReadonlySet<string>
  /** Whether the source says when it changed, so that there are updates. */
  readonly isStamped: boolean
  /** Undefined for a list. */
  readonly set: JudgedSet | undefined
  readonly rows: JudgedRows
}

/** Its topic of rows, if the run has such. */
interface JudgedRows {
  /** Without the prefix. */
  readonly topic: string
  /** The column with the key. */
  readonly key: string
}

/** Parts of each listing. */
interface JudgedSet {
  /** In SUBRESOURCES and in paths. */
  readonly part: string
  /** In `_expand`, and the field of the set's content. */
  readonly expansion: string
  /** Attributes of parts that are not compared. */
  readonly outside: ReadonlySet<string>
}

const LISTINGS: JudgedResource = {
  name: 'listings',
  path: '/v1/listings',
  upserted: 'ListingUpserted',
  deleted: 'ListingDeleted',
  key: 'listingKey',
  content: 'listing',
  fields: 'standardFields',
  skipped: new Set(['ModificationTimestamp', 'DaysOnMarket', 'CumulativeDaysOnMarket']),
  isStamped: true,
  set: undefined,
  rows: { topic: 'listing-rows', key: 'ListingKey' },
}

const OUTSIDE_CONTENT: ReadonlySet<string> = new Set(['Id', 'ResourceUri', 'ModificationTimestamp'])

const ACCOUNTS: JudgedResource = {
  name: 'accounts',
  path: '/v1/accounts',
  upserted: 'AccountUpserted',
  deleted: 'AccountDeleted',
  key: 'accountKey',
  content: 'account',
  fields: 'fields',
  skipped: OUTSIDE_CONTENT,
  isStamped: true,
  set: undefined,
  rows: { topic: 'account-rows', key: 'Id' },
}

const OPEN_HOUSES: JudgedResource = {
  name: 'openhouses',
  path: '/v1/openhouses',
  upserted: 'OpenHouseUpserted',
  deleted: 'OpenHouseDeleted',
  key: 'openHouseKey',
  content: 'openHouse',
  fields: 'fields',
  skipped: OUTSIDE_CONTENT,
  isStamped: false,
  set: undefined,
  rows: { topic: 'openhouse-rows', key: 'Id' },
}

/** Those that every run replicates. */
export const LISTS = [LISTINGS, ACCOUNTS, OPEN_HOUSES] as const

/** An address that a list writes in another way; and what follows from the listing's status, without any stamp (docs/spark-api.md §4.5). */
const OUTSIDE_SETS: ReadonlySet<string> = new Set(['ResourceUri', 'CurrentPrivacy'])

/** Sets of whose change the listing has a stamp of its own. */
export const STAMPED_SETS = [
  setOf('photos', 'Photo'),
  setOf('videos', 'Video'),
  setOf('documents', 'Document'),
] as const
/** Sets that are asked for whenever the listing moves. */
export const UNSTAMPED_SETS = [
  setOf('rooms', 'Room', false),
  setOf('units', 'Unit', false),
  setOf('virtualtours', 'VirtualTour', false),
  setOf('floorplans', 'FloorPlan', false),
  setOf('openhouses', 'OpenHouse', false),
] as const

function setOf(part: string, one: string, isStamped = true): JudgedResource {
  return {
    name: `listing-${part}`,
    path: `/v1/listings/{Id}/${part}`,
    upserted: `Listing${one}sReplaced`,
    deleted: undefined,
    key: 'listingKey',
    content: `${one.charAt(0).toLowerCase()}${one.slice(1)}Set`,
    fields: 'fields',
    skipped: new Set(),
    isStamped,
    set: { part, expansion: `${one}s`, outside: OUTSIDE_SETS },
    rows: { topic: `listing-${part}-rows`, key: 'ListingKey' },
  }
}
