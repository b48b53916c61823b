import type { ApiRequest } from '../api/api-request.ts'
import { ApiFailure, notPermitted } from '../api/envelope.ts'
import { fitsPath } from '../api/service-path.ts'
import type { ApiKeys } from '../api-keys.ts'
import type { Behaviour } from '../behaviour.ts'

const DENIALS = {
  'bad-key': [401, 1000, 'Invalid API key and/or request signed improperly'],
  expired: [401, 1020, 'Session token has expired'],
  disabled: [401, 1010, 'The key is disabled'],
  'user-inactive': [403, 1015, 'The user of the key is not active'],
  'wrong-host': [403, 1021, 'Use replication.sparkapi.com with this key'],
} as const

/** @throws {ApiFailure} 401, 403 or 400/1016 for a request that gets no other answer */
export function authorize(request: ApiRequest, keys: ApiKeys, behaviour: Behaviour): void {
  const { access, userAgentRequired, forbiddenServices } = behaviour
  const denial = access === 'granted' && keyOf(request, keys) === undefined ? 'bad-key' : access
  if (denial !== 'granted') {
    const [status, code, message] = DENIALS[denial]
    throw new ApiFailure(status, code, message)
  }
  if (userAgentRequired && request.header('x-sparkapi-user-agent') === undefined) {
    throw new ApiFailure(400, 1016, 'X-SparkApi-User-Agent is missing')
  }
  const forbidden = Object.entries(forbiddenServices).find(([service]) => fitsPath(service, request.path))
  if (forbidden !== undefined) throw notPermitted(forbidden[1])
}

/** Name of the API key whose token the request carries; undefined for a token of none. */
export function keyOf(request: Pick<ApiRequest, 'header'>, keys: ApiKeys): string | undefined {
  const token = /^(?:Bearer|OAuth) +(.+)$/i.exec(request.header('authorization') ?? '')?.[1]
  return token === undefined ? undefined : keys.nameOf(token)
}
