/** A set of each kind of parts, as the source may send it, and what its event has of it. */
import type { JsonValue } from '../../src/domain/json.ts'
import type { Subresource } from '../../src/domain/resource.ts'
import type { LISTING_SETS } from '../../src/resources/listing-sets.ts'

export interface SetSample {
  /** As the source says them: values of all kinds, masked ones, and some that no schema knows. */
  readonly parts: readonly JsonValue[]
  /** As avsc reads them. */
  readonly content: readonly unknown[]
  readonly maskedFields: readonly string[]
  readonly unmappedFields: Readonly<Record<string, string>>
  /** Of the content under this schema: another one would publish every set again. */
  readonly digest: string
}

type NameOf<Description> = Description extends Subresource<infer Name> ? Name : never

/** For a table that has to have a row for each of them. */
export type KnownSetName = NameOf<(typeof LISTING_SETS)[number]>

export const SET_SAMPLES = {
  'listing-photos': {
    parts: [
      {
        Id: '20240117093015000000000002',
        Name: 'Façade',
        Caption: '********',
        Primary: true,
        Order: 1,
        Tags: ['Exterior', 'Curb'],
        Uri300: 'https://photos.example/300/2.jpg',
        UriLarge: 'https://photos.example/large/2.jpg',
        Uri4096: 'https://photos.example/4096/2.jpg',
      },
      {
        Id: '20240117093015000000000001',
        Name: null,
        Primary: 'yes',
        Order: -4_503_599_627_370_497,
        Privacy: 'Public',
      },
    ],
    content: [
      {
        Id: '20240117093015000000000002',
        Name: 'Façade',
        Caption: null,
        Primary: true,
        Order: 1,
        Privacy: null,
        Tags: ['Curb', 'Exterior'],
        UriThumb: null,
        Uri300: 'https://photos.example/300/2.jpg',
        Uri640: null,
        Uri800: null,
        Uri1024: null,
        Uri1280: null,
        Uri1600: null,
        Uri2048: null,
        UriLarge: 'https://photos.example/large/2.jpg',
      },
      {
        Id: '20240117093015000000000001',
        Name: null,
        Caption: null,
        Primary: null,
        Order: null,
        Privacy: 'Public',
        Tags: null,
        UriThumb: null,
        Uri300: null,
        Uri640: null,
        Uri800: null,
        Uri1024: null,
        Uri1280: null,
        Uri1600: null,
        Uri2048: null,
        UriLarge: null,
      },
    ],
    maskedFields: ['Photos.Caption'],
    unmappedFields: {
      'Photos[0].Uri4096': '"https://photos.example/4096/2.jpg"',
      'Photos[1].Order': '-4503599627370497',
      'Photos[1].Primary': '"yes"',
    },
    digest: 'e6a4977dd7359b6058ec0fa2bfbd9d95',
  },
  'listing-videos': {
    parts: [
      {
        Id: '1',
        GroupId: 'g',
        Name: 'Walk',
        Type: 'Branded',
        ObjectHtml: '<iframe src="https://v.example/1"></iframe>',
      },
      { Id: '2', ObjectHtml: '********', Privacy: 7 },
    ],
    content: [
      {
        Id: '1',
        GroupId: 'g',
        Name: 'Walk',
        Caption: null,
        Type: 'Branded',
        ObjectHtml: '<iframe src="https://v.example/1"></iframe>',
        Privacy: null,
        CurrentPrivacy: null,
      },
      {
        Id: '2',
        GroupId: null,
        Name: null,
        Caption: null,
        Type: null,
        ObjectHtml: null,
        Privacy: null,
        CurrentPrivacy: null,
      },
    ],
    maskedFields: ['Videos.ObjectHtml'],
    unmappedFields: { 'Videos[1].Privacy': '7' },
    digest: '14d34950a811c2d87efae64f82193201',
  },
  'listing-documents': {
    parts: [{ Id: '1', Name: 'Plan.pdf', Uri: 'https://docs.example/1.pdf', Size: 4711 }, '********'],
    content: [{ Id: '1', Name: 'Plan.pdf', Uri: 'https://docs.example/1.pdf', Privacy: null }],
    maskedFields: ['Documents'],
    unmappedFields: { 'Documents[0].Size': '4711' },
    digest: 'f0e4f09786bce9d1d655717bee9f1963',
  },
  'listing-virtualtours': {
    parts: [{ Id: '1', Uri: 'https://tours.example/1', Type: 'Unbranded', Privacy: 'Private' }],
    content: [
      {
        Id: '1',
        GroupId: null,
        Name: null,
        Uri: 'https://tours.example/1',
        Type: 'Unbranded',
        Privacy: 'Private',
      },
    ],
    maskedFields: [],
    unmappedFields: {},
    digest: '85d7464a415578ede346f42f337b63b7',
  },
  'listing-openhouses': {
    parts: [
      {
        Id: '1',
        Date: '05/04/2024',
        StartTime: '9:00 am',
        OpenHouseStartTimestamp: '2024-05-04T16:00:00Z',
        OpenHouseEndTimestamp: 'noon',
        Livestream: false,
        AdditionalInfo: [{ 'Hosted By': 'Ann', Guests: 3 }, { Notes: '********' }],
      },
    ],
    content: [
      {
        Id: '1',
        Date: '05/04/2024',
        StartTime: '9:00 am',
        EndTime: null,
        OpenHouseStartTimestamp: Date.UTC(2024, 4, 4, 16),
        OpenHouseEndTimestamp: null,
        Comments: null,
        Livestream: false,
        LivestreamUri: null,
        LivestreamDescription: null,
        LivestreamDate: null,
        LivestreamStartTime: null,
        LivestreamEndTime: null,
        LivestreamStartTimestamp: null,
        LivestreamEndTimestamp: null,
        AdditionalInfo: [{ Guests: null, 'Hosted By': 'Ann' }, { Notes: null }],
      },
    ],
    maskedFields: ['OpenHouses.AdditionalInfo.Notes'],
    unmappedFields: {
      'OpenHouses[0].AdditionalInfo[0].Guests': '3',
      'OpenHouses[0].OpenHouseEndTimestamp': '"noon"',
    },
    digest: 'cca2bc0e53bc34d1ce1da5b82cb55e90',
  },
  'listing-rooms': {
    parts: [
      {
        Id: '1',
        Fields: [
          { 'Room Name': 'Küche' },
          { Level: 2 },
          { 'Room Area': '********' },
          { Remarks: null },
          'none',
        ],
      },
      { Id: '2', Fields: [{ 'half \ud800': 'a', Ö: 'b' }], Floor: 'Upper' },
    ],
    content: [
      {
        Id: '1',
        Fields: [{ 'Room Name': 'Küche' }, { Level: null }, { 'Room Area': null }, { Remarks: null }],
      },
      { Id: '2', Fields: [{ Ö: 'b', 'half \\ud800': 'a' }] },
    ],
    maskedFields: ['Rooms.Fields["Room Area"]'],
    unmappedFields: {
      'Rooms[0].Fields[1].Level': '2',
      'Rooms[0].Fields[4]': '"none"',
      'Rooms[1].Floor': '"Upper"',
    },
    digest: '40bcf3670b9555e2522c7efa54e274c0',
  },
  'listing-units': {
    parts: [
      { Id: '1', Fields: [{ 'Unit #': 'A', Rent: '950' }] },
      { Id: '2', Fields: '********' },
    ],
    content: [
      { Id: '1', Fields: [{ Rent: '950', 'Unit #': 'A' }] },
      { Id: '2', Fields: null },
    ],
    maskedFields: ['Units.Fields'],
    unmappedFields: {},
    digest: '994db71bce940c6b3eb65ce9d7d699c2',
  },
  'listing-floorplans': {
    parts: [
      { Id: '1', Name: 'Ground', Images: [{ Uri: 'https://plans.example/1.png', Type: 'png', Width: 800 }] },
    ],
    content: [{ Id: '1', Name: 'Ground', Images: [{ Uri: 'https://plans.example/1.png', Type: 'png' }] }],
    maskedFields: [],
    unmappedFields: { 'FloorPlans[0].Images[0].Width': '800' },
    digest: 'f6608e9dda6ad6b81f1a51570e251656',
  },
} satisfies Record<KnownSetName, SetSample>
