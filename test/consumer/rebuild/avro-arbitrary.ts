import * as fc from 'fast-check'

import type { AvroType } from '../../../src/consumer/rebuild/decode/avro-type.ts'

const DAY_MS = 86_400_000
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '"', '\\', 'é', 'ASCII text'),
)

const NAMES = fc.stringMatching(/^[a-z"\\é]{1,5}$/)

/** Values of a type, as avsc takes them. @param names of the members of maps */
export function valuesOf(type: AvroType, names = NAMES): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'long':
      return fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 2 }))
    case 'double':
    case 'float':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'text':
      return TEXT
    case 'date':
      return fc.integer({ min: FIRST_MS / DAY_MS, max: Math.floor(LAST_MS / DAY_MS) })
    case 'timestamp':
      return fc.integer({ min: FIRST_MS, max: LAST_MS })
    case 'enum':
      return fc.constantFrom(...type.symbols)
    case 'array':
      return fc.array(valuesOf(type.of, names), { maxLength: 3 })
    case 'map':
      // Of avsc's own reading, __proto__ would be lost, and numbers come first.
      return fc.dictionary(names, valuesOf(type.of, names), {
        maxKeys: 3,
        noNullPrototype: true,
      })
    case 'record':
      return fc.record(
        Object.fromEntries(type.fields.map((field) => [field.name, valuesOf(field.type, names)])),
      )
    case 'union':
      return fc.oneof(...type.branches.map((branch) => valuesOf(branch, names)))
  }
}
