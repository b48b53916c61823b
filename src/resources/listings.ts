import { defineResource } from '../domain/resource.ts'

export const LISTINGS = defineResource({
  name: 'listings',
  path: '/v1/listings',
  keyField: 'ListingKey',
  stamp: 'ModificationTimestamp',
  maxLimit: 1000,
  fields: { from: 'metadata', at: 'StandardFields' },
  expandable: ['CustomFields', 'CustomFieldsRaw', 'CustomFieldsExpandedRaw'],
  volatileFields: [],
  events: {
    upserted: 'ListingUpserted',
    deleted: 'ListingDeleted',
    key: 'listingKey',
    content: 'listing',
    fields: 'standardFields',
  },
  subresources: [
    { name: 'photos', stampField: 'PhotosChangeTimestamp' },
    { name: 'videos', stampField: 'VideosChangeTimestamp' },
    { name: 'documents', stampField: 'DocumentsChangeTimestamp' },
  ],
})
