import type { JsonObject } from '../../domain/json.ts'
import type { FieldType } from '../api/field-type.ts'
import type { Listable } from '../api/listable.ts'
import type { FieldResolution } from '../api/sparkql-filter.ts'
import type { Behaviour } from '../behaviour.ts'
import { hash32, pick } from '../prng.ts'
import { sparkId } from '../records/spark-id.ts'
import { datetimeText } from '../time-text.ts'

const COUNT = 60
const FIRST_ID_MICROS = 957_000_000_000_000
const HOUR_MICROS = 3_600_000_000
const FIRST_NAMES = ['Ana', 'Björn', 'Chloé', 'Dmitri', 'Fatima', 'Hiro'] as const
const LAST_NAMES = ['Archer', 'Böhm', 'Castañeda', 'Ellis', 'O’Neil'] as const
const OFFICES = ['Cedar & Stone Realty', 'Haus + Hof', 'Lakeshore Homes, Inc.'] as const

const FIELD_TYPES: ReadonlyMap<string, FieldType> = new Map([
  ['Id', 'Character'],
  ['UserType', 'Character'],
  ['Name', 'Character'],
  ['FirstName', 'Character'],
  ['LastName', 'Character'],
  ['Office', 'Character'],
  ['OfficeId', 'Character'],
  ['Mls', 'Character'],
  ['MlsId', 'Character'],
  ['ModificationTimestamp', 'Datetime'],
])

interface Account {
  readonly id: string
  readonly modifiedAt: number
  readonly body: JsonObject
}

/** A small set of members and offices (docs/spark-api.md §4.8). It does not change. */
export function accounts(
  seed: number,
  epoch: number,
  mlsIds: readonly string[],
  behaviour: () => Behaviour,
): Listable<Account> {
  const all = Array.from({ length: COUNT }, (_, i) => account(hash32(seed, 0xacc0 + i), i, epoch, mlsIds))
  return {
    maxLimit: 1000,
    rows: (after) => all.filter(({ id }) => id > after),
    keyOf: ({ id }) => id,
    find: (key) => all.find(({ id }) => id === key),
    resolve(name): FieldResolution<Account> {
      const type = FIELD_TYPES.get(name)
      if (type === undefined) return behaviour().unknownFields
      return {
        type,
        multiSelect: false,
        value: ({ body }) => body[name] ?? null,
        seconds: ({ modifiedAt }) => Math.floor(modifiedAt / 1000),
      }
    },
    renderer:
      ({ select }, order) =>
      ({ body }) => {
        const shown = Object.entries(body).filter(
          ([name]) => select === undefined || name === 'Id' || name === 'ResourceUri' || select.has(name),
        )
        return JSON.stringify(Object.fromEntries(order.arrange(shown)))
      },
  }
}

function account(hash: number, index: number, epoch: number, mlsIds: readonly string[]): Account {
  const id = sparkId(FIRST_ID_MICROS + index * HOUR_MICROS)
  const office = index % OFFICES.length
  const isOffice = index < OFFICES.length
  const officeName = pick(OFFICES, office)
  const firstName = pick(FIRST_NAMES, hash)
  const lastName = pick(LAST_NAMES, hash >>> 8)
  const name = isOffice ? officeName : `${firstName} ${lastName}`
  const email = { Id: id, Type: 'Work', Address: `agent${index}@example.org`, Primary: true }
  const modifiedAt = epoch - (hash % 31_536_000) * 1000
  const body = {
    Id: id,
    ResourceUri: `/v1/accounts/${id}`,
    UserType: isOffice ? 'Office' : 'Member',
    Name: name,
    FirstName: isOffice ? null : firstName,
    LastName: isOffice ? null : lastName,
    Office: officeName,
    OfficeId: sparkId(FIRST_ID_MICROS + office * HOUR_MICROS),
    Mls: 'Simulated MLS',
    MlsId: pick(mlsIds, hash >>> 16),
    ModificationTimestamp: datetimeText(modifiedAt),
    Emails: [email],
    Phones: [
      { Id: id, Type: 'Office', Number: `701-555-01${String(index).padStart(2, '0')}`, Primary: true },
    ],
    Websites: [],
    Addresses: [],
    Images: [],
    Tags: [],
  }
  return { id, modifiedAt, body }
}
