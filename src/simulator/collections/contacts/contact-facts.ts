import { hash32, pick } from '../../prng.ts'
import type { RecordFields } from '../../records/collection-definition.ts'
import { datetimeText } from '../../time-text.ts'
import type { Contact } from './contact.ts'

const GIVEN_NAMES = ['Ines', 'Jürgen', 'Kofi', 'Léa', 'Miyu']
const FAMILY_NAMES = ['Fiala', 'García', 'Håkansson', 'Iyer', 'O’Brien']
const TOWNS = ['Ardmoor', 'Björkö', 'Cañon Alto', 'Dunmere', 'Eastvale']
const TAGS = ['Current Buyers', 'Current Sellers', 'IDX Lead', 'Past Buyers']

/** Stamps of contacts come with an offset (docs/spark-api.md §4.10). */
const OFFSET = '-05:00'
const OFFSET_MS = -5 * 3_600_000

/** Values by field id. */
export const CONTACT_FACTS: RecordFields<Contact>['facts'] = {
  DisplayName: (contact) => `${givenName(contact)} ${familyName(contact)}`,
  GivenName: givenName,
  FamilyName: familyName,
  PrimaryEmail: ({ number, readdressed }) =>
    readdressed === 0 ? `contact${number}@example.org` : `contact${number}.${readdressed}@example.org`,
  HomeStreetAddress: ifSettled(({ seed }) => `${100 + (seed % 900)} Château St`),
  HomeLocality: ifSettled(({ seed }) => pick(TOWNS, hash32(seed, 4))),
  HomeRegion: ifSettled(() => 'ND'),
  HomePostalCode: ifSettled(({ seed }) => String(58_000 + (seed % 100))),
  HomeCountry: ifSettled(() => 'US'),
  OwnerId: ({ seed }, { firstIn }) => firstIn('accounts', seed)?.key ?? null,
  Tags: ({ seed, tagged }) => TAGS.filter((_, at) => ((seed + tagged) >>> at) % 2 === 1),
  ModificationTimestamp: ({ modifiedAt }) => datetimeText(modifiedAt + OFFSET_MS).replace('Z', OFFSET),
}

function givenName({ seed }: Contact): string {
  return pick(GIVEN_NAMES, hash32(seed, 2))
}

function familyName({ seed }: Contact): string {
  return pick(FAMILY_NAMES, hash32(seed, 3))
}

/** Of many contacts no address is known. */
function ifSettled(value: (contact: Contact) => string): (contact: Contact) => string | null {
  return (contact) => (contact.seed % 3 === 0 ? value(contact) : null)
}
