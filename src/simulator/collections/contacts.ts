import { defineCollection } from '../records/define-collection.ts'
import { fact, MASKED, pattern } from '../records/field-specs.ts'
import { CONTACT_CHANGES } from './contacts/contact-changes.ts'
import type { ContactAction } from './contacts/contact-changes.ts'
import { CONTACT_FACTS } from './contacts/contact-facts.ts'
import { generatedContact } from './contacts/contact.ts'
import type { Contact } from './contacts/contact.ts'

export default defineCollection<Contact, ContactAction>({
  name: 'contacts',
  path: '/v1/contacts',
  maxLimit: 200,
  stamp: 'ModificationTimestamp',
  size: (listings) => listings / 5,
  generate: generatedContact,
  endsAt: null,
  fields: {
    at: 'top',
    named: () => [
      fact('DisplayName', 'Character'),
      fact('GivenName', 'Character'),
      fact('FamilyName', 'Character'),
      fact('PrimaryEmail', 'Character'),
      pattern('PrimaryPhoneNumber', '701-555-01##', MASKED),
      fact('HomeStreetAddress', 'Character'),
      fact('HomeLocality', 'Character'),
      fact('HomeRegion', 'Character'),
      fact('HomePostalCode', 'Character'),
      // No page of the source names it.
      fact('HomeCountry', 'Character'),
      fact('OwnerId', 'Character'),
      fact('Tags', 'Character', { nullRate: 0, searchable: false }),
      fact('ModificationTimestamp', 'Datetime'),
    ],
    custom: [],
    facts: CONTACT_FACTS,
    extras: () => [],
  },
  changes: CONTACT_CHANGES,
  usual: {
    everyTicks: 10,
    shares: [
      ['tag', 3],
      ['email', 2],
      ['new', 2],
      ['touch', 2],
      ['remove', 1],
    ],
  },
})
