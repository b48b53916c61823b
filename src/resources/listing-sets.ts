/** The sets of parts of a listing that can be replicated (setting `SUBRESOURCES`). A new one is a line and a schema. */
import { defineSubresource, type ChangeStamp, type Subresource } from '../domain/resource.ts'

/** The others have no stamp of their own: they are asked for whenever the listing moves (docs/spark-api.md §5, 19). */
const OF_THE_LISTING: ChangeStamp = { name: 'listing', field: 'ModificationTimestamp' }

export const LISTING_SETS = [
  listingSet('photos', 'Photo', 'Photos', { name: 'photos', field: 'PhotosChangeTimestamp' }),
  listingSet('videos', 'Video', 'Videos', { name: 'videos', field: 'VideosChangeTimestamp' }),
  listingSet('documents', 'Document', 'Documents', { name: 'documents', field: 'DocumentsChangeTimestamp' }),
  listingSet('virtualtours', 'VirtualTour', 'VirtualTours', OF_THE_LISTING),
  listingSet('openhouses', 'OpenHouse', 'OpenHouses', OF_THE_LISTING),
  listingSet('rooms', 'Room', 'Rooms', OF_THE_LISTING),
  listingSet('units', 'Unit', 'Units', OF_THE_LISTING),
  listingSet('floorplans', 'FloorPlan', 'FloorPlans', OF_THE_LISTING),
] as const satisfies readonly Subresource[]

/**
 * @param part last part of the path
 * @param one what a set consists of
 * @param expansion docs/spark-api.md §2.5
 */
function listingSet<const Part extends string>(
  part: Part,
  one: string,
  expansion: string,
  stamp: ChangeStamp,
): Subresource<`listing-${Part}`> {
  return defineSubresource({
    name: `listing-${part}`,
    parent: 'listings',
    part,
    expansion,
    keyField: 'Id',
    stamp: null,
    fields: { from: 'schema', at: 'top' },
    volatileFields: [],
    changeStamps: [stamp],
    events: {
      upserted: `Listing${one}sReplaced`,
      deleted: `Listing${one}sDeleted`,
      deletion: 'tombstone',
      key: 'listingKey',
      content: `${one.charAt(0).toLowerCase()}${one.slice(1)}Set`,
      fields: 'fields',
    },
    rows: { topic: `listing-${part}-rows`, record: `Listing${one}sRow`, key: 'ListingKey' },
  })
}
