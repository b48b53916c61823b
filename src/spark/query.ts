/** Query strings and SparkQL of the requests (docs/spark-api.md §2). */
import type { RecordKey } from '../domain/record-key.ts'
import type { RequestPurpose } from '../domain/request-purpose.ts'
import { ANSWER_BODY_BYTES } from './body-limits.ts'
import type { HttpRequest } from './transport.ts'

/** Longer targets are sent as a form: servers and proxies commonly end at 8 kB. */
const LONGEST_TARGET = 6 * 1024

/** Name and value, not yet encoded; undefined is left out. */
export type Parameters = Readonly<Record<string, string | undefined>>

/** GET, or for a target above 6 kB the documented POST form of it (docs/spark-api.md §1.4). Its answer is a short one. */
export function get(purpose: RequestPurpose, path: string, parameters: Parameters = {}): HttpRequest {
  const query = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&')
  const target = query === '' ? path : `${path}?${query}`
  const largestBody = ANSWER_BODY_BYTES
  if (target.length <= LONGEST_TARGET) {
    return { purpose, method: 'GET', target, headers: {}, body: undefined, largestBody }
  }
  return {
    purpose,
    method: 'POST',
    target: path,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-http-method-override': 'GET',
    },
    body: query,
    largestBody,
  }
}

/** Blanks as `%20`, since `+` means a blank to some and a plus to others; commas may stand as they are. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll('%2C', ',')
}

/** SparkQL: the field has one of these values, 200 at most (docs/spark-api.md §2.7). */
export function oneOf(field: string, keys: readonly RecordKey[]): string {
  // A RecordKey has no quote and no backslash, so nothing needs an escape.
  return `${field} Eq ${keys.map((key) => `'${key}'`).join(',')}`
}
