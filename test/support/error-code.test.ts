import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { errorCode } from '../../src/support/error-code.ts'

test('the code of an error of the system', async () => {
  expect(errorCode(await readFile('/no/such/file').catch((error: unknown) => error))).toBe('ENOENT')
})

test.each([
  new Error('none'),
  Object.assign(new Error('a number'), { code: 7 }),
  { code: 'ENOENT' },
  undefined,
])('whatever else has none: %s', (error) => expect(errorCode(error)).toBeUndefined())
