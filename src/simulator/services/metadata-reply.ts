import { createHash } from 'node:crypto'

import type { ApiRequest } from '../api/api-request.ts'
import { successText } from '../api/envelope.ts'
import type { KeyOrder } from '../api/key-order.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Conditions, Service } from './service.ts'
import { datetimeText, wholeSeconds } from '../time-text.ts'

export function conditionsOf({ header }: Pick<ApiRequest, 'header'>): Conditions {
  return { ifNoneMatch: header('if-none-match'), ifModifiedSince: header('if-modified-since') }
}

/** A service that answers these results, by the names in its path. */
export function answering(results: (...names: readonly string[]) => readonly unknown[]): Service {
  return ({ names, circumstances: { order } }) => resultsReply(results(...names), order)
}

export function resultsReply(results: readonly unknown[], order: KeyOrder): Reply {
  return jsonReply(200, successText([['Results', JSON.stringify(results)]], order))
}

/**
 * If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2); a 304 has the ETag alone.
 * @param updatedAt milliseconds since 1970
 */
export function conditionalReply(
  results: unknown,
  updatedAt: number,
  order: KeyOrder,
  conditions: Conditions,
): Reply {
  const json = JSON.stringify(results)
  const etag = `"${createHash('md5').update(json).digest('hex')}"`
  const { ifNoneMatch, ifModifiedSince } = conditions
  const unchanged =
    ifNoneMatch === undefined
      ? ifModifiedSince !== undefined && Date.parse(ifModifiedSince) >= wholeSeconds(updatedAt)
      : ifNoneMatch.split(',').some((tag) => tag.trim() === etag)
  if (unchanged) return { status: 304, headers: { ETag: etag }, body: '' }
  const lastUpdated = JSON.stringify(datetimeText(updatedAt))
  const reply = jsonReply(
    200,
    successText(
      [
        ['LastUpdated', lastUpdated],
        ['Results', json],
      ],
      order,
    ),
  )
  const lastModified = new Date(wholeSeconds(updatedAt)).toUTCString()
  return { ...reply, headers: { ...reply.headers, ETag: etag, 'Last-Modified': lastModified } }
}
