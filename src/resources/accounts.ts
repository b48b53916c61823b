import { defineResource } from '../domain/resource.ts'

/** Members, offices and companies (docs/spark-api.md §4.8). */
export const ACCOUNTS = defineResource({
  name: 'accounts',
  path: '/v1/accounts',
  keyField: 'Id',
  stamp: 'ModificationTimestamp',
  maxLimit: 1000,
  fields: { from: 'schema', at: 'top' },
  volatileFields: [],
  events: {
    upserted: 'AccountUpserted',
    deleted: 'AccountDeleted',
    deletion: 'event-and-tombstone',
    key: 'accountKey',
    content: 'account',
    fields: 'fields',
  },
  rows: { topic: 'account-rows', record: 'AccountRow', key: 'Id' },
  changeStamps: [],
  facts: [
    { name: 'type', fields: ['UserType'], isShared: true },
    { name: 'name', fields: ['Name'], isShared: false },
    { name: 'office', fields: ['Office'], isShared: true },
  ],
  subresources: [],
})
