import type { Instant } from './instant.ts'

export type ResourceName = 'listings'

/** One set of a record's parts that has its own change stamp (spark-api.md §2.9). */
export interface Subresource {
  readonly name: string
  /** The field of the parent that moves when the set changes; its value may be null (spark-api.md §5, 18). */
  readonly stampField: string
}

/** What the three passes need to know of a resource; they know nothing else about it. */
export interface ResourceDescription {
  /** Also the topic's name after the prefix, and the first half of its checkpoint keys. */
  readonly name: ResourceName
  /** Path on the API host. */
  readonly path: string
  readonly keyField: string
  readonly timestampField: string
  /** Largest `_limit` that a replication key may send (seeds, "Replication" 1). */
  readonly maxLimit: number
  readonly subresources: readonly Subresource[]
  /** The Avro record names of its events, in the namespace `listingstream`. */
  readonly events: { readonly upserted: string; readonly deleted: string }
}

export const LISTINGS: ResourceDescription = {
  name: 'listings',
  path: '/v1/listings',
  keyField: 'ListingKey',
  timestampField: 'ModificationTimestamp',
  maxLimit: 1000,
  subresources: [
    { name: 'photos', stampField: 'PhotosChangeTimestamp' },
    { name: 'videos', stampField: 'VideosChangeTimestamp' },
    { name: 'documents', stampField: 'DocumentsChangeTimestamp' },
  ],
  events: { upserted: 'ListingUpserted', deleted: 'ListingDeleted' },
}

export const RESOURCES: readonly ResourceDescription[] = [LISTINGS]

/** Change stamps by subresource name; null where the source says null or says nothing. */
export type ChangeStamps = Readonly<Record<string, Instant | null>>
