import type { ApiRequest } from '../api/api-request.ts'
import type { IssuedToken } from '../issued-tokens.ts'
import type { Credentials } from './credentials.ts'
import { clientOf } from './grant-request.ts'
import { isSigned } from './signature.ts'

/** Who asks, as far as the request proves it. */
export interface Identity {
  /** Name of the API key that the request counts for, a log-in, too; undefined if it shows none. */
  readonly key: string | undefined
  /** Why it is to have no data; undefined if it may. */
  readonly denial: 'bad-key' | 'expired' | undefined
}

/** @param now milliseconds since 1970 */
export function identityOf(request: ApiRequest, { keys, tokens }: Credentials, now: number): Identity {
  const bearer = /^(?:Bearer|OAuth) +(.+)$/i.exec(request.header('authorization') ?? '')?.[1]
  if (bearer !== undefined) {
    const key = keys.withToken(bearer)
    return key === undefined
      ? proven(tokens.find('access', bearer), now)
      : { key: key.key, denial: undefined }
  }
  const session = tokens.find('session', request.query.get('AuthToken') ?? '')
  if (session !== undefined) {
    const key = keys.find(session.key)
    const signed = key !== undefined && isSigned(request, key)
    return signed ? proven(session, now) : { key: undefined, denial: 'bad-key' }
  }
  const named = keys.find(request.query.get('ApiKey') ?? clientOf(request) ?? '')
  return { key: named?.key, denial: 'bad-key' }
}

function proven(token: IssuedToken | undefined, now: number): Identity {
  if (token === undefined) return { key: undefined, denial: 'bad-key' }
  return { key: token.key, denial: token.expiresAt > now ? undefined : 'expired' }
}
