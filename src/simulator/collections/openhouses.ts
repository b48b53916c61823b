import { defineCollection } from '../records/define-collection.ts'
import { fact } from '../records/field-specs.ts'
import { OPEN_HOUSE_CHANGES } from './openhouses/open-house-changes.ts'
import type { OpenHouseAction } from './openhouses/open-house-changes.ts'
import { listingKeyOf, OPEN_HOUSE_FACTS } from './openhouses/open-house-facts.ts'
import { endOf, generatedOpenHouse } from './openhouses/open-house.ts'
import type { OpenHouse } from './openhouses/open-house.ts'

export default defineCollection<OpenHouse, OpenHouseAction>({
  name: 'openhouses',
  path: '/v1/openhouses',
  maxLimit: 200,
  // Of its edits: it does not tell that one is over.
  stamp: 'ModificationTimestamp',
  size: (listings) => listings / 10,
  generate: generatedOpenHouse,
  endsAt: endOf,
  fields: {
    at: 'top',
    named: () => [
      fact('ListingKey', 'Character'),
      fact('Date', 'Character'),
      fact('StartTime', 'Character'),
      fact('EndTime', 'Character'),
      fact('OpenHouseStartTimestamp', 'Datetime'),
      fact('OpenHouseEndTimestamp', 'Datetime'),
      fact('Comments', 'Character'),
      fact('AdditionalInfo', 'Character', { nullRate: 0, searchable: false }),
      fact('Livestream', 'Boolean'),
      fact('LivestreamUri', 'Character'),
      fact('LivestreamDescription', 'Character'),
      fact('LivestreamDate', 'Character'),
      fact('LivestreamStartTime', 'Character'),
      fact('LivestreamEndTime', 'Character'),
      fact('LivestreamStartTimestamp', 'Datetime'),
      fact('LivestreamEndTimestamp', 'Datetime'),
      fact('ModificationTimestamp', 'Datetime'),
    ],
    custom: [],
    facts: OPEN_HOUSE_FACTS,
    extras: () => [],
  },
  owner: listingKeyOf,
  changes: OPEN_HOUSE_CHANGES,
  usual: {
    everyTicks: 10,
    shares: [
      ['new', 4],
      ['comment', 3],
      ['touch', 2],
      ['postpone', 1],
      ['remove', 1],
    ],
  },
})
