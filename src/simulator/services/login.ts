import type { ApiRequest } from '../api/api-request.ts'
import type { Reply } from '../api/reply.ts'
import { denied } from './authorize.ts'
import type { LoginDesk } from './credentials.ts'
import { GRANT_PATH } from './grant-request.ts'
import { AUTHORIZATION_PATH, authorizationReply, grantReply } from './oauth.ts'
import { endedSessionReply, SESSION_PATH, sessionReply } from './session.ts'

type LoginService = (request: ApiRequest, desk: LoginDesk) => Reply

const LOGINS: Readonly<Record<string, LoginService>> = {
  [`POST ${SESSION_PATH}`]: sessionReply,
  [`POST ${GRANT_PATH}`]: grantReply,
  [`GET ${AUTHORIZATION_PATH}`]: authorizationReply,
}
const SESSION_FOLDER = `${SESSION_PATH}/`
const PATHS = new Set([SESSION_PATH, GRANT_PATH, AUTHORIZATION_PATH])

/**
 * Answers what is asked without a token, to get one.
 * @returns undefined for any other request
 * @throws {ApiFailure}
 */
export function loginReply(request: ApiRequest, desk: LoginDesk): Reply | undefined {
  const service = LOGINS[`${request.method} ${request.path}`]
  if (service === undefined) return undefined
  const { access } = desk.behaviour
  // What expired can be renewed.
  if (access !== 'granted' && access !== 'expired') throw denied(access)
  return service(request, desk)
}

/** Ends the session that the path names; undefined for any other request. */
export function logoutReply({ method, path }: ApiRequest, desk: LoginDesk): Reply | undefined {
  if (method !== 'DELETE' || !path.startsWith(SESSION_FOLDER)) return undefined
  return endedSessionReply(path.slice(SESSION_FOLDER.length), desk)
}

export function isLoginPath(path: string): boolean {
  return PATHS.has(path) || path.startsWith(SESSION_FOLDER)
}
