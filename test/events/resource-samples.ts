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
  accounts: {
    body: {
      Id: KEY,
      ResourceUri: `/v1/accounts/${KEY}`,
      UserType: 'Member',
      Name: 'Ann Dvořák',
      FirstName: 'Ann',
      MiddleName: '********',
      LastName: 'Dvořák',
      OfficeId: '20230131063830326857000000',
      Locale: { Language: 'en' },
      Tags: ['luxury', 'farm'],
      Associations: [{ Type: 'Team', Id: '7' }],
      Emails: [
        { Id: '1', Type: 'Work', Name: 'Work', Address: 'ann@example.org', Primary: true },
        { Id: '2', Type: 'Home', Address: '********', Primary: false },
      ],
      Phones: [{ Number: '701-555-0143', Extension: 7, AreaCode: '701' }],
      Websites: [],
      Addresses: [{ Street1: '12 Château St', City: 'Björkö', Country: 'US' }],
      Images: null,
      ModificationTimestamp: '2024-05-02T14:03:09Z',
    },
    content: {
      fields: {
        UserType: 'Member',
        Name: 'Ann Dvořák',
        FirstName: 'Ann',
        MiddleName: null,
        LastName: 'Dvořák',
        Office: null,
        OfficeId: '20230131063830326857000000',
        Company: null,
        CompanyId: null,
        Mls: null,
        MlsId: null,
        Locale: { Language: 'en' },
        Tags: ['farm', 'luxury'],
        AttributionContact: null,
        Emails: [
          { Id: '1', Type: 'Work', Name: 'Work', Address: 'ann@example.org', Primary: true },
          { Id: '2', Type: 'Home', Name: null, Address: null, Primary: false },
        ],
        Phones: [
          {
            Id: null,
            Type: null,
            Name: null,
            Number: '701-555-0143',
            Extension: null,
            AreaCode: '701',
            Prefix: null,
            LineNumber: null,
            InternationalCode: null,
            Primary: null,
          },
        ],
        Websites: [],
        Addresses: [
          {
            Id: null,
            Type: null,
            Address: null,
            Street1: '12 Château St',
            Street2: null,
            City: 'Björkö',
            Region: null,
            PostalCode: null,
            Primary: null,
          },
        ],
        Images: null,
      },
      maskedFields: ['Emails.Address', 'MiddleName'],
      unmappedFields: {
        'Addresses[0].Country': '"US"',
        Associations: '[{"Id":"7","Type":"Team"}]',
        'Phones[0].Extension': '7',
      },
    },
    volatileFields: {},
    digest: '0f675bc8eb4ffb273cda2664462bbd7b',
  },
  openhouses: {
    body: {
      Id: KEY,
      ResourceUri: `/v1/openhouses/${KEY}`,
      ListingKey: '20240117093015123456000000',
      Date: '05/04/2024',
      StartTime: '9:00 am',
      EndTime: '11:00-07:00',
      OpenHouseStartTimestamp: '2024-05-04T16:00:00Z',
      OpenHouseEndTimestamp: 'noon',
      Comments: 'Ring, please.',
      AdditionalInfo: [{ 'Hosted By': 'Ann' }],
      Livestream: true,
      LivestreamUri: '********',
      LivestreamDescription: null,
      ModificationTimestamp: '2024-05-02T14:03:09Z',
    },
    content: {
      fields: {
        ListingKey: '20240117093015123456000000',
        Date: '05/04/2024',
        StartTime: '9:00 am',
        EndTime: '11:00-07:00',
        OpenHouseStartTimestamp: Date.UTC(2024, 4, 4, 16),
        OpenHouseEndTimestamp: null,
        Comments: 'Ring, please.',
        Livestream: true,
        LivestreamUri: null,
        LivestreamDescription: null,
        LivestreamDate: null,
        LivestreamStartTime: null,
        LivestreamEndTime: null,
        LivestreamStartTimestamp: null,
        LivestreamEndTimestamp: null,
      },
      maskedFields: ['LivestreamUri'],
      unmappedFields: { AdditionalInfo: '[{"Hosted By":"Ann"}]', OpenHouseEndTimestamp: '"noon"' },
    },
    volatileFields: { ModificationTimestamp: '2024-05-02T14:03:09Z' },
    digest: '5cc25824e29dd20b4c5c8f9cfaa196a3',
  },
} satisfies Record<KnownResourceName, ResourceSample>
