import { defineResource } from '../domain/resource.ts'

export const LISTINGS = defineResource({
  name: 'listings',
  path: '/v1/listings',
  keyField: 'ListingKey',
  stamp: 'ModificationTimestamp',
  maxLimit: 1000,
  fields: { from: 'metadata', at: 'StandardFields' },
  volatileFields: [],
  events: {
    upserted: 'ListingUpserted',
    deleted: 'ListingDeleted',
    deletion: 'event-and-tombstone',
    key: 'listingKey',
    content: 'listing',
    fields: 'standardFields',
  },
  rows: { topic: 'listing-rows', record: 'ListingRow', key: 'ListingKey' },
  changeStamps: [
    { name: 'photos', field: 'PhotosChangeTimestamp' },
    { name: 'videos', field: 'VideosChangeTimestamp' },
    { name: 'documents', field: 'DocumentsChangeTimestamp' },
  ],
  facts: [
    { name: 'status', fields: ['StandardStatus', 'MlsStatus'], isShared: true },
    { name: 'price', fields: ['ListPrice'], isShared: false },
    { name: 'city', fields: ['City'], isShared: true },
    { name: 'office', fields: ['ListOfficeName'], isShared: true },
  ],
  lastFields: [
    { name: 'lastStandardStatus', field: 'StandardStatus' },
    { name: 'lastMlsStatus', field: 'MlsStatus' },
  ],
  subresources: [],
})
