import type { IncomingMessage } from 'node:http'

import type { ApiRequest } from '../api/api-request.ts'
import { RequestBodyTooLarge, requestText } from './request-text.ts'

const MAX_BODY_BYTES = 1_000_000
/** What `X-HTTP-Method-Override` may make of a POST. */
const OVERRIDES: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'DELETE'])

export interface Asked extends ApiRequest {
  /** The body was too long to be read: it is empty here. */
  readonly tooLarge: boolean
}

/** Reads a request to its end. A POST may be a GET whose parameters are in its form (docs/spark-api.md §1.4). */
export async function readRequest(request: IncomingMessage): Promise<Asked> {
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://simulator')
  const header = (name: string): string | undefined => headerOf(request, name)
  const { method = '' } = request
  const asked = { method, path, query, params: query, header, body: '', tooLarge: false }
  if (method !== 'POST' && method !== 'PUT') {
    request.resume()
    return asked
  }
  const override = method === 'POST' ? header('x-http-method-override')?.toUpperCase() : undefined
  try {
    const body = await requestText(request, MAX_BODY_BYTES)
    if (override === undefined || !OVERRIDES.has(override)) return { ...asked, body }
    const params = new URLSearchParams([...query, ...new URLSearchParams(body)])
    return { ...asked, method: override, params, body }
  } catch (error) {
    if (!(error instanceof RequestBodyTooLarge)) throw error
    return { ...asked, tooLarge: true }
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}
