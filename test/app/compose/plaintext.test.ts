import { expect, test } from 'vitest'

import { plaintextCredentials } from '../../../src/app/compose/plaintext.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'

function warned(env: Readonly<Record<string, string>>): readonly string[] {
  const settings = loadSettings(['spark', 'kafka', 'registry'], {
    env: { SPARK_ACCESS_TOKEN: 'tok-0123456789', ...env },
    file: '/not/there',
  })
  return plaintextCredentials(settings).map(({ setting }) => setting)
}

const SASL = { KAFKA_SASL_USERNAME: 'feed', KAFKA_SASL_PASSWORD: 'pa55word' }
const AUTH = { SCHEMA_REGISTRY_AUTH: 'feed:pa55word' }

test.each([
  [{ SPARK_API_URL: 'http://api.example' }, ['SPARK_API_URL']],
  [{ ...AUTH, SCHEMA_REGISTRY_URL: 'http://registry:8081' }, ['SCHEMA_REGISTRY_URL']],
  [
    { ...SASL, KAFKA_SASL_MECHANISM: 'plain', KAFKA_BROKERS: 'localhost:1,kafka:9092' },
    ['KAFKA_SASL_MECHANISM'],
  ],
])('a credential that others can read on its way is named: %j', (env, settings) => {
  expect(warned(env)).toEqual(settings)
})

test.each([
  {},
  { SPARK_API_URL: 'http://127.0.0.1:8100' },
  { SCHEMA_REGISTRY_URL: 'http://registry:8081' },
  { ...AUTH, SCHEMA_REGISTRY_URL: 'https://registry:8081' },
  { ...AUTH, SCHEMA_REGISTRY_URL: 'http://[::1]:8081' },
  { ...SASL, KAFKA_SASL_MECHANISM: 'plain', KAFKA_BROKERS: '[::1]:9092,localhost:9092' },
  { ...SASL, KAFKA_SASL_MECHANISM: 'plain', KAFKA_BROKERS: 'kafka:9092', KAFKA_SSL: 'true' },
  { ...SASL, KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_BROKERS: 'kafka:9092' },
])('nothing is said where nobody can, or where nothing is sent: %j', (env) => {
  expect(warned(env)).toEqual([])
})
