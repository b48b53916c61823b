import { describe, expect, test } from 'vitest'
import { parseEnvelope } from '../../src/spark/envelope.ts'
import { failureOf } from '../../src/spark/failure.ts'
import type { SparkApiError } from '../../src/spark/spark-api-error.ts'

function failed(
  httpStatus: number,
  d?: Readonly<Record<string, string | number | boolean | object>>,
): SparkApiError {
  const envelope = d === undefined ? undefined : parseEnvelope(JSON.parse(JSON.stringify({ D: d })))
  return failureOf({ path: '/v1/listings', httpStatus, envelope, retryAfterMs: undefined })
}

describe('failureOf', () => {
  test.each([
    [401, 1000, 'SPARK_UNAUTHORIZED', false],
    [403, 1005, 'SPARK_KEY_DISABLED', false],
    [401, 1010, 'SPARK_KEY_DISABLED', false],
    [403, 1013, 'SPARK_KEY_RESTRICTED', false],
    [403, 1015, 'SPARK_ACCOUNT_INACTIVE', false],
    [405, 1017, 'SPARK_METHOD_REFUSED', false],
    [403, 1019, 'SPARK_KEY_RESTRICTED', false],
    [401, 1020, 'SPARK_SESSION_EXPIRED', false],
    [403, 1021, 'SPARK_WRONG_ENDPOINT', false],
    [503, 1023, 'SPARK_UNAVAILABLE', true],
    [503, 1024, 'SPARK_NOT_IN_SYNC', true],
    [500, 1026, 'SPARK_DATA_FAILED', true],
    [403, 1030, 'SPARK_WRONG_ENDPOINT', false],
    [400, 1040, 'SPARK_FILTER_REFUSED', false],
    [400, 1041, 'SPARK_FILTER_REFUSED', false],
    [400, 1050, 'SPARK_BAD_PARAMETER', false],
    [400, 1053, 'SPARK_BAD_PARAMETER', false],
    [403, 1500, 'SPARK_NOT_PERMITTED', false],
    [200, 1500, 'SPARK_NOT_PERMITTED', false],
    [503, 1510, 'SPARK_UNAVAILABLE', true],
    [503, 1515, 'SPARK_TOO_SLOW', true],
    [503, 1516, 'SPARK_FILTER_TOO_SLOW', true],
    [429, 1550, 'SPARK_RATE_LIMITED', true],
    [503, 1550, 'SPARK_RATE_LIMITED', true],
    [400, 2000, 'SPARK_FILTER_REFUSED', false],
    [400, 2999, 'SPARK_FILTER_REFUSED', false],
    [503, 2005, 'SPARK_UNAVAILABLE', true],
    [404, 404, 'SPARK_NOT_FOUND', false],
    [409, 1055, 'SPARK_REFUSED', false],
    [200, 7777, 'SPARK_REFUSED', false],
    [503, 7777, 'SPARK_UNAVAILABLE', true],
  ])('HTTP %i with Code %i is %s (docs/spark-api.md §3.3)', (status, Code, code, retryable) => {
    expect(failed(status, { Success: false, Code })).toMatchObject({
      code,
      retryable,
      httpStatus: status,
      apiCode: Code,
      path: '/v1/listings',
    })
  })

  test.each([
    [200, 'SPARK_UNAVAILABLE', true],
    [400, 'SPARK_BAD_PARAMETER', false],
    [401, 'SPARK_UNAUTHORIZED', false],
    [403, 'SPARK_NOT_PERMITTED', false],
    [404, 'SPARK_BAD_RESPONSE', true],
    [429, 'SPARK_RATE_LIMITED', true],
    [502, 'SPARK_UNAVAILABLE', true],
  ])('HTTP %i with neither Code nor Message is %s', (status, code, retryable) => {
    expect(failed(status, { Success: false })).toMatchObject({ code, retryable, apiCode: undefined })
  })

  test.each([
    [301, 'SPARK_WRONG_ENDPOINT', false],
    [401, 'SPARK_UNAUTHORIZED', false],
    [404, 'SPARK_BAD_RESPONSE', true],
    [418, 'SPARK_REFUSED', false],
    [504, 'SPARK_UNAVAILABLE', true],
  ])('HTTP %i without an envelope is %s', (status, code, retryable) => {
    expect(failed(status)).toMatchObject({ code, retryable })
  })

  test('a Code that came as a string counts', () => {
    expect(failed(401, { Success: false, Code: '1000' })).toMatchObject({
      code: 'SPARK_UNAUTHORIZED',
      apiCode: 1000,
    })
  })

  test('SparkQLErrors alone are a refused filter, even on success (R8)', () => {
    const SparkQLErrors = [{ Token: 'ExpirationDate', Status: 'Dropped' }]
    expect(failed(200, { Success: true, SparkQLErrors })).toMatchObject({
      code: 'SPARK_FILTER_REFUSED',
      retryable: false,
    })
  })

  test('the message names the setting to look at', () => {
    expect(failed(401, { Success: false, Code: 1000 }).message).toContain('SPARK_ACCESS_TOKEN')
    expect(failed(403, { Success: false, Code: 1021 }).message).toContain('SPARK_API_URL')
    expect(failed(400, { Success: false, Code: 1053 }).message).toContain('PAGE_LIMIT')
  })
})
