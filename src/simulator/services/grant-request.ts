import { z } from 'zod'

import { parseJson } from '../../support/parse-json.ts'
import type { ApiRequest } from '../api/api-request.ts'

export const GRANT_PATH = '/v1/oauth2/grant'

const fieldsSchema = z.record(z.string(), z.string())

/**
 * What a grant is asked with: JSON, as the vendor's clients send it, or a form, as RFC 6749 §4.1.3 has it.
 * @returns undefined for a body that is neither
 */
export function grantFields({ body, header }: Pick<ApiRequest, 'body' | 'header'>): unknown {
  if (header('content-type')?.startsWith('application/x-www-form-urlencoded') === true) {
    return Object.fromEntries(new URLSearchParams(body))
  }
  return parseJson(body)
}

/** The `client_id` of a grant's request; undefined for any other request. */
export function clientOf(request: ApiRequest): string | undefined {
  if (request.path !== GRANT_PATH) return undefined
  return fieldsSchema.safeParse(grantFields(request)).data?.['client_id']
}
