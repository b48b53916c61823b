/** Two collections that no source has, with all that listings do not need. */
import { defineCollection } from '../../src/simulator/records/define-collection.ts'
import { choice, fact, integer } from '../../src/simulator/records/field-specs.ts'
import { freshRecord, isInView } from '../../src/simulator/records/simulated-record.ts'
import type { SimulatedRecord } from '../../src/simulator/records/simulated-record.ts'
import { datetimeText } from '../../src/simulator/time-text.ts'

const HOUR_MS = 3_600_000

interface Boat extends SimulatedRecord {
  refits: number
}

/** Fields at the top, one of them nested; a stamp; a kind of change of its own; it refers to listings. */
export const BOATS = defineCollection<Boat, 'refit'>({
  name: 'boats',
  path: '/v1/boats',
  maxLimit: 200,
  stamp: 'ModificationTimestamp',
  size: (listings) => listings / 2,
  generate: (origin) => ({ ...freshRecord(origin), refits: origin.seed % 3 }),
  endsAt: null,
  fields: {
    at: 'top',
    named: () => [
      choice('Harbour', ['Björkö', 'Ardmoor'], { nullRate: 0 }),
      integer('Berths', 1, 6),
      fact('Refits', 'Integer'),
      fact('Owners', 'Character', { searchable: false }),
      fact('ListingKey', 'Character'),
      fact('ModificationTimestamp', 'Datetime'),
    ],
    custom: [],
    facts: {
      Refits: ({ refits }) => refits,
      Owners: ({ number }) => [{ Name: `Owner ${number}`, Shares: [{ Percent: 100 }] }],
      ListingKey: ({ seed }, { firstIn }) => firstIn('listings', seed)?.key ?? null,
      ModificationTimestamp: ({ modifiedAt }) => datetimeText(modifiedAt),
    },
    extras: () => [],
  },
  changes: [
    {
      action: 'refit',
      applies: isInView,
      isOfAll: false,
      draw:
        ({ prng }) =>
        (boat) => {
          const more = 1 + prng.below(3)
          return () => {
            boat.refits += more
          }
        },
    },
  ],
  usual: {
    everyTicks: 4,
    shares: [
      ['refit', 3],
      ['new', 1],
      ['remove', 1],
    ],
  },
})

interface Tour extends SimulatedRecord {
  readonly startsAt: number
}

/** No stamp, and over an hour after it began: the first in the first hour, the last after 20 hours. */
export const TOURS = defineCollection<Tour, never>({
  name: 'tours',
  path: '/v1/tours',
  maxLimit: 200,
  stamp: null,
  size: () => 20,
  generate: (origin) => ({ ...freshRecord(origin), startsAt: origin.now + (origin.number - 1) * HOUR_MS }),
  endsAt: ({ startsAt }) => startsAt + HOUR_MS,
  fields: {
    at: 'top',
    named: () => [fact('Start', 'Datetime')],
    custom: [],
    facts: { Start: ({ startsAt }) => datetimeText(startsAt) },
    extras: () => [],
  },
  changes: [],
  usual: { everyTicks: 4, shares: [['new', 1]] },
})
