import { expect, test } from 'vitest'
import { TOKEN_REFUSED as PORT, TOKEN_REFUSED } from '../../src/domain/error-codes.ts'

test('a refused token has the code that the port names (R7)', () => {
  expect(TOKEN_REFUSED).toBe(PORT)
})
