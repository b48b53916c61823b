import { expect, test } from 'vitest'

import { isLoopback } from '../../src/ops/loopback.ts'

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.8.7', '::1', '[::1]'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true)
})

test.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', ''])(
  '%j is not loopback',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)
