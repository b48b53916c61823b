import * as fc from 'fast-check'

import { isJsonObject, type JsonObject, type JsonValue } from '../../src/domain/json.ts'

const name = fc
  .oneof(fc.constantFrom('City', 'Photos', 'a', '12', 'ü'), fc.string({ unit: 'grapheme', minLength: 1 }))
  .filter((text) => text !== '__proto__')

/** JSON values as `JSON.parse` makes them; without −0, which text does not keep. */
export const jsonValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, '********', 0, -1, 2.5, 2 ** 53),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.dictionary(name, fc.constant(true), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

export const jsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(name, jsonValue, {
  maxKeys: 5,
  noNullPrototype: true,
})

/** The value, and the same with the members of its objects in another order. */
export function shuffled<T extends JsonValue>(value: T): fc.Arbitrary<readonly [T, T]> {
  return fc.integer().map((seed) => [value, reorder(value, seed) as T] as const)
}

function reorder(value: JsonValue, seed: number): JsonValue {
  if (Array.isArray(value)) return value.map((item) => reorder(item, seed))
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).map(([key, member]) => [key, reorder(member, seed)] as const)
  const rotated = [
    ...entries.slice(Math.abs(seed) % (entries.length || 1)),
    ...entries.slice(0, Math.abs(seed) % (entries.length || 1)),
  ]
  return Object.fromEntries(seed % 2 === 0 ? rotated.toReversed() : rotated)
}
