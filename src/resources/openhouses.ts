import { defineResource } from '../domain/resource.ts'

/** Those to come: one leaves when it is over, and no stamp says so (docs/spark-api.md §4.6). */
export const OPEN_HOUSES = defineResource({
  name: 'openhouses',
  path: '/v1/openhouses',
  keyField: 'Id',
  stamp: null,
  maxLimit: 200,
  fields: { from: 'schema', at: 'top' },
  volatileFields: ['ModificationTimestamp'],
  events: {
    upserted: 'OpenHouseUpserted',
    deleted: 'OpenHouseDeleted',
    deletion: 'event-and-tombstone',
    key: 'openHouseKey',
    content: 'openHouse',
    fields: 'fields',
  },
  rows: { topic: 'openhouse-rows', record: 'OpenHouseRow', key: 'Id' },
  changeStamps: [],
  facts: [
    { name: 'listing', fields: ['ListingKey'], isShared: false },
    { name: 'date', fields: ['Date'], isShared: true },
    { name: 'end', fields: ['OpenHouseEndTimestamp', 'EndTime'], isShared: false },
  ],
  subresources: [],
})
