import type { OwnChange } from '../../records/collection-definition.ts'
import { isInView } from '../../records/simulated-record.ts'
import type { Contact } from './contact.ts'

/** What can happen to a contact beside what can happen to any record. */
export type ContactAction = 'tag' | 'email'

export const CONTACT_CHANGES: readonly OwnChange<Contact, ContactAction>[] = [
  {
    /** Other Tags. */
    action: 'tag',
    applies: isInView,
    isOfAll: false,
    draw: () => (contact) => () => {
      contact.tagged += 1
    },
  },
  {
    /** New PrimaryEmail. */
    action: 'email',
    applies: isInView,
    isOfAll: false,
    draw: () => (contact) => () => {
      contact.readdressed += 1
    },
  },
]
