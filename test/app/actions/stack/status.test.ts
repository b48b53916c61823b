import { expect, test } from 'vitest'

import { describeStack } from '../../../../src/app/actions/stack/status.ts'

test('stack status says to a person what runs, a line for each service', () => {
  const services = [
    { name: 'kafka-1', address: '127.0.0.1:9092', pid: 17, running: true, answers: true },
    { name: 'schema-registry', address: '127.0.0.1:8081', pid: 18, running: true, answers: false },
  ]
  const address = {
    engine: 'jvm',
    brokers: ['127.0.0.1:9092'],
    registryUrl: 'http://127.0.0.1:8081',
  } as const
  expect(describeStack({ state: 'partial', services, address })).toBe(
    [
      'stack: partly up: "listingstream stack up" starts the rest',
      '  kafka-1          127.0.0.1:9092  answers (process 17)',
      '  schema-registry  127.0.0.1:8081  runs, but does not answer (process 18)',
    ].join('\n'),
  )
  expect(describeStack({ state: 'down', services: [] })).toBe(
    'stack: down: "listingstream stack up" starts it',
  )
})
