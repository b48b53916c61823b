import type { ApiRequest } from '../api/api-request.ts'
import { ApiFailure, notPermitted } from '../api/envelope.ts'
import { fitsPath } from '../api/service-path.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Identity } from './identity.ts'

const DENIALS = {
  'bad-key': [401, 1000, 'Invalid API key and/or request signed improperly'],
  expired: [401, 1020, 'Session token has expired'],
  disabled: [401, 1010, 'The key is disabled'],
  'user-inactive': [403, 1015, 'The user of the key is not active'],
  'wrong-host': [403, 1021, 'Use replication.sparkapi.com with this key'],
} as const

export function denied(reason: keyof typeof DENIALS): ApiFailure {
  const [status, code, message] = DENIALS[reason]
  return new ApiFailure(status, code, message)
}

/** @throws {ApiFailure} 401, 403 or 400/1016 for a request that gets no other answer */
export function authorize(request: ApiRequest, { denial }: Identity, behaviour: Behaviour): void {
  const { access, userAgentRequired, forbiddenServices } = behaviour
  if (access !== 'granted') throw denied(access)
  if (denial !== undefined) throw denied(denial)
  if (userAgentRequired && request.header('x-sparkapi-user-agent') === undefined) {
    throw new ApiFailure(400, 1016, 'X-SparkApi-User-Agent is missing')
  }
  const forbidden = Object.entries(forbiddenServices).find(([service]) => fitsPath(service, request.path))
  if (forbidden !== undefined) throw notPermitted(forbidden[1])
}
