import { createHash } from 'node:crypto'

import type { ApiRequest } from '../api/api-request.ts'
import type { ApiKey } from '../api-keys.ts'

/** `ApiSig` of `POST /v1/session` (docs/spark-api.md §3.6). */
export function loginSignature({ key, secret }: ApiKey): string {
  return md5(`${secret}ApiKey${key}`)
}

/**
 * Whether `ApiSig` is the signature of the request: its path, its parameters in the order of their names, and its body. One
 * of the vendor's clients signs the path as it is sent, another what it stands for.
 */
export function isSigned({ path, query, body }: ApiRequest, { key, secret }: ApiKey): boolean {
  const parameters = [...query]
    .filter(([name]) => name !== 'ApiSig')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('')
  return [path, decoded(path)].some(
    (signed) => query.get('ApiSig') === md5(`${secret}ApiKey${key}ServicePath${signed}${parameters}${body}`),
  )
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
