import type { ApiRequest } from '../api/api-request.ts'
import { successText } from '../api/envelope.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import { datetimeText } from '../time-text.ts'
import { denied } from './authorize.ts'
import type { LoginDesk } from './credentials.ts'
import { loginSignature } from './signature.ts'

export const SESSION_PATH = '/v1/session'

/** Logs in with a signed key (docs/spark-api.md §3.6). @throws {ApiFailure} 401/1000 */
export function sessionReply(
  { query }: ApiRequest,
  { keys, tokens, behaviour, order, now }: LoginDesk,
): Reply {
  const key = keys.find(query.get('ApiKey') ?? '')
  if (key === undefined || query.get('ApiSig') !== loginSignature(key)) throw denied('bad-key')
  const expiresAt = now + behaviour.sessionSeconds * 1000
  const AuthToken = tokens.issue({ kind: 'session', key: key.key, expiresAt, redirectUri: undefined })
  const session = { AuthToken, Expires: datetimeText(expiresAt), Roles: ['idx'] }
  return jsonReply(200, successText([['Results', JSON.stringify([session])]], order))
}

/** Ends a session: its token is one of none from now on. */
export function endedSessionReply(token: string, { tokens, order }: LoginDesk): Reply {
  tokens.revoke(token)
  return jsonReply(200, successText([], order))
}
