import { expect, test } from 'vitest'
import { TOKEN_REFUSED as PORT } from '../../src/replication/ports.ts'
import { TOKEN_REFUSED } from '../../src/spark/spark-api-error.ts'

test('a refused token has the code that the port names (R7)', () => {
  expect(TOKEN_REFUSED).toBe(PORT)
})
