import { defineResource } from '../domain/resource.ts'

/** Those of the key's user (docs/spark-api.md §4.10). */
export const CONTACTS = defineResource({
  name: 'contacts',
  path: '/v1/contacts',
  keyField: 'Id',
  stamp: 'ModificationTimestamp',
  maxLimit: 200,
  fields: { from: 'schema', at: 'top' },
  volatileFields: [],
  events: {
    upserted: 'ContactUpserted',
    deleted: 'ContactDeleted',
    deletion: 'event-and-tombstone',
    key: 'contactKey',
    content: 'contact',
    fields: 'fields',
  },
  rows: { topic: 'contact-rows', record: 'ContactRow', key: 'Id' },
  changeStamps: [],
  facts: [
    { name: 'name', fields: ['DisplayName'], isShared: false },
    { name: 'place', fields: ['HomeLocality'], isShared: true },
  ],
  subresources: [],
})
