/** A record of each resource, as the source may send it, and what its event has of it. */
import type { JsonObject } from '../../src/domain/json.ts'
import type { KnownResourceName } from '../../src/resources/index.ts'
import { KEY } from './sample.ts'

export interface ResourceSample {
  /** An element of `Results`: values of all kinds, masked ones, and some that no schema knows. */
  readonly body: JsonObject
  /** The content record as avsc reads it. */
  readonly content: Readonly<Record<string, unknown>>
  readonly volatileFields: Readonly<Record<string, unknown>>
  /** Of the content under this schema: another one would publish every record again. */
  readonly digest: string
}

export const RESOURCE_SAMPLES = {
  listings: {
    body: {
      Id: KEY,
      ResourceUri: `/v1/listings/${KEY}`,
      DisplayCompliance: { View: 'Summary' },
      StandardFields: {
        ListingKey: KEY,
        City: 'Björkö',
        BedsTotal: 3,
        ListPrice: '350000.50',
        GarageYN: '********',
        CloseDate: null,
        StatusChangeTimestamp: '2024-05-01T10:00:00Z',
        Cooling: { 'Window Unit(s)': true, 'Central Air': true },
        ModificationTimestamp: '2024-05-02T14:03:09Z',
        DaysOnMarket: 12,
        Photos: [],
      },
    },
    content: {
      standardFields: {
        ListingKey: KEY,
        City: 'Björkö',
        BedsTotal: 3,
        ListPrice: 350_000.5,
        GarageYN: null,
        CloseDate: null,
        StatusChangeTimestamp: Date.UTC(2024, 4, 1, 10),
        Cooling: ['Central Air', 'Window Unit(s)'],
      },
      customFields: {},
      maskedFields: ['GarageYN'],
      unmappedFields: { Photos: '[]' },
    },
    volatileFields: { '$.DisplayCompliance': '{"View":"Summary"}', DaysOnMarket: 12 },
    digest: '99cbc23a88cf3de2478851453ce5d4c0',
  },
} satisfies Record<KnownResourceName, ResourceSample>
