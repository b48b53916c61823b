import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

import { saslOptions, tlsOptions } from '../../src/kafka/client.ts'
import { strike } from '../../src/support/secrets.ts'

const never = new AbortController().signal

function renewable(...texts: readonly string[]) {
  let at = 0
  return {
    file: '/run/secret',
    reveal: () => texts[at] ?? '',
    refresh: () => {
      at = Math.min(at + 1, texts.length - 1)
      return true
    },
  }
}

test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
  'each %s authentication has the password as it is by then, and it is struck from what is said (R15)',
  (mechanism) => {
    const password = renewable('', 'first-pw', 'second-pw')
    const options = saslOptions({ mechanism, username: 'me', password }, never)
    expect([options.mechanism, 'password' in options && options.password]).toEqual([mechanism, 'first-pw'])
    expect('password' in options && options.password).toBe('second-pw')
    expect(strike('second-pw')).not.toContain('second')
  },
)

test('each connection has key and certificates as they are by then', () => {
  const options = tlsOptions({ ca: 'fixed', cert: renewable('', 'c1', 'c2'), key: renewable('', 'k1', 'k2') })
  // As a socket is made of them.
  expect({ ...options }).toEqual({ ca: 'fixed', cert: 'c1', key: 'k1' })
  expect({ ...options }).toEqual({ ca: 'fixed', cert: 'c2', key: 'k2' })
})

test('the library keeps these objects and does not copy what is in them', () => {
  const source = (name: string): string =>
    readFileSync(createRequire(import.meta.url).resolve(`kafkajs/src/${name}`), 'utf8')
  expect(source('network/connection.js')).toContain('this.sasl = sasl')
  expect(source('network/connection.js')).toContain('this.ssl = ssl')
  expect(source('broker/saslAuthenticator/plain.js')).toContain('request(sasl)')
  expect(source('broker/saslAuthenticator/scram.js')).toContain('const { password } = this.sasl')
})
