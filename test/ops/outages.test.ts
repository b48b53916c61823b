import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { Outages } from '../../src/ops/outages.ts'
import { ListingstreamError } from '../../src/support/errors.ts'

const down = new ListingstreamError('No answer.', { code: 'SPARK_UNAVAILABLE', retryable: true })

function watched() {
  const lines: { level: string; [field: string]: unknown }[] = []
  const clock = { ms: 1_000_000 }
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const outages = new Outages(createLogger({ level: 'info', destination }), () => instant(clock.ms))
  return {
    clock,
    outages,
    lines,
    api: outages.of('spark-api'),
    levels: () => lines.map(({ level }) => level),
  }
}

test('an outage is one warning with what is tried again and when, and one line when it is over, however many tries lie between', () => {
  const { api, clock, lines } = watched()
  for (let tries = 0; tries < 50; tries += 1) {
    api.failed('/v1/listings', down, 4_000)
    clock.ms += 4_000
  }
  api.succeeded('/v1/listings')
  expect(lines).toMatchObject([
    {
      level: 'warn',
      service: 'spark-api',
      what: '/v1/listings',
      retryInMs: 4_000,
      err: { code: 'SPARK_UNAVAILABLE' },
    },
    { level: 'info', service: 'spark-api', seconds: 200, failedTries: 50 },
  ])
})

test('what works besides is no end of it; what its caller gave up is not waited for', () => {
  const { api, clock, levels } = watched()
  api.failed('/v1/listings?a', down, 1_000)
  api.succeeded('/v1/listings?b')
  expect(levels()).toEqual(['warn'])
  clock.ms += 60_999
  api.succeeded('/v1/listings?b')
  expect(levels()).toEqual(['warn'])
  clock.ms += 1
  api.succeeded('/v1/listings?b')
  expect(levels()).toEqual(['warn', 'info'])
})

test('services fail apart from each other', () => {
  const { outages, lines } = watched()
  outages.of('kafka').failed('Kafka', down, 1_000)
  outages.of('registry').failed('registry', down, null)
  outages.of('kafka').succeeded('Kafka')
  expect(lines.map(({ level, service }) => `${level} ${String(service)}`)).toEqual([
    'warn kafka',
    'warn registry',
    'info kafka',
  ])
})

test('one that comes back within a minute is no flood: it is told again only once it lasts', () => {
  const { api, clock, levels } = watched()
  for (let page = 0; page < 100; page += 1) {
    api.failed('/v1/listings', down, 1_000)
    clock.ms += 1_000
    api.succeeded('/v1/listings')
  }
  expect(levels()).toEqual(['warn', 'info'])
  api.failed('/v1/listings', down, 1_000)
  clock.ms += 30_000
  api.failed('/v1/listings', down, 1_000)
  api.failed('/v1/listings', down, 1_000)
  expect(levels()).toEqual(['warn', 'info', 'warn'])
})

test('it lasts from 30 s on, with the cause and the next try', () => {
  const { api, clock, outages } = watched()
  api.failed('/v1/listings', down, 45_000)
  clock.ms += 29_999
  expect(outages.lasting()).toEqual([])
  clock.ms += 1
  expect(outages.lasting()).toEqual([
    { service: 'spark-api', since: 1_000_000, error: down, retryAt: 1_045_000 },
  ])
  api.succeeded('/v1/listings')
  expect(outages.lasting()).toEqual([])
})
