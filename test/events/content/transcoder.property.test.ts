/**
 * The law of the transcoder, of any bytes: what today's way gives, to the last byte, or a refusal that has its reason. A long
 * run: `RECORDS=1000000 vitest run --project unit test/events/content/transcoder.property.test.ts`, with `SEED=` the same one
 * again.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { ResourceDescription } from '../../../src/domain/resource.ts'
import { RESOURCES } from '../../../src/resources/index.ts'
import { MEMBERS, readMemberSchema } from '../members.ts'
import { described, FIELDS, KEY } from '../sample.ts'
import { brokenRecordJson, damage, damaged, recordJson, type RecordShape } from './record-text.ts'
import { breaches, subjectOf, transcoderOf, type Subject } from './transcoding.ts'

const RECORDS = Number(process.env['RECORDS'] ?? 6_000)
const SEED = Number(process.env['SEED'] ?? Math.trunc(Math.random() * 2 ** 31))

const LATER = [
  described('BedsTotal', 'Decimal'),
  described('City', 'Character', true),
  described('MlsId', 'Character'),
]

/** With a field of two types, and one of each stamp. */
function versionsOf(resource: ResourceDescription) {
  if (resource.fields.from === 'schema') return [[]]
  const stamps = resource.changeStamps.map(({ field }) => described(field, 'Datetime'))
  return [[...FIELDS, ...stamps], LATER]
}

const SUBJECTS: readonly Subject[] = [
  ...RESOURCES.map((resource) => subjectOf(resource, versionsOf(resource))),
  subjectOf(MEMBERS, [[]], { readSchema: readMemberSchema }),
]

function shapeOf({ resource, event }: Subject): RecordShape {
  const { reader } = event.projection
  const names = [...reader.uses()].map(
    ({ name, kind, role }) => [name, role === 'timestamp' ? 'timestamp' : (kind ?? '')] as const,
  )
  const more = [resource.keyField, 'MlsId', 'LastLogin'].map((name) => [name, 'string'] as const)
  return { key: KEY, fields: [...names, ...more], isNested: resource.fields.at === 'StandardFields' }
}

describe(`a transcoder, seed ${SEED}`, () => {
  test.each(SUBJECTS.map((subject) => [subject.resource.name, subject] as const))(
    'takes %s as they are read and encoded, or declines them (R5, R12)',
    (_, subject) => {
      const shape = shapeOf(subject)
      const json = fc.oneof(
        { weight: 12, arbitrary: recordJson(shape).map(bytesAsText) },
        { weight: 1, arbitrary: brokenRecordJson(shape).map(bytesAsText) },
        {
          weight: 3,
          arbitrary: fc
            .tuple(recordJson(shape), fc.array(damage, { minLength: 1, maxLength: 3 }))
            .map(([text, hurts]) => hurts.reduce(damaged, Buffer.from(text)).toString('latin1')),
        },
      )
      // The names of one record are what is expected of the next.
      const page = fc.array(json, { minLength: 1, maxLength: 6 })
      let records = 0
      let taken = 0
      fc.assert(
        fc.property(page, (rows) => {
          const { bytes, places } = pageOf(rows)
          const found = breaches(subject, transcoderOf(subject), bytes, places)
          records += rows.length
          taken += found.records.filter(({ end }) => end >= 0).length
          expect(found.breaches).toEqual([])
        }),
        { seed: SEED, numRuns: Math.ceil(RECORDS / SUBJECTS.length / 3.5) },
      )
      expect(taken).toBeGreaterThan(records / 3)
    },
    3_600_000,
  )
})

/** A character for each byte, which a counterexample can be read by. */
function bytesAsText(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** The rows, one behind the other, and where each begins. */
function pageOf(rows: readonly string[]) {
  const parts: Buffer[] = [Buffer.from('[')]
  const places: number[] = []
  let at = 1
  for (const row of rows) {
    places.push(at)
    parts.push(Buffer.from(row, 'latin1'), Buffer.from(','))
    at += row.length + 1
  }
  return { bytes: Buffer.concat(parts), places }
}
