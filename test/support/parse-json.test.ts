import { expect, test } from 'vitest'

import { parseJson } from '../../src/support/parse-json.ts'

test('what is no JSON is undefined, which JSON cannot say', () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] })
  expect(parseJson('null')).toBeNull()
  for (const text of ['', 'undefined', '{', "{'a':1}", '1 2']) expect(parseJson(text)).toBeUndefined()
})
