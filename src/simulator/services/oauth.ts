import { z } from 'zod'

import type { ApiRequest } from '../api/api-request.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import { USER } from '../api-keys.ts'
import type { LoginDesk } from './credentials.ts'
import { grantFields } from './grant-request.ts'

/** On the vendor's own site, where a user lets an application ask in their name. */
export const AUTHORIZATION_PATH = '/oauth2'

const client = { client_id: z.string(), client_secret: z.string() }
const grantSchema = z.discriminatedUnion('grant_type', [
  z.object({
    grant_type: z.literal('authorization_code'),
    ...client,
    code: z.string(),
    redirect_uri: z.string(),
  }),
  z.object({ grant_type: z.literal('refresh_token'), ...client, refresh_token: z.string() }),
  z.object({ grant_type: z.literal('password'), ...client, username: z.string(), password: z.string() }),
])
type Grant = z.output<typeof grantSchema>

const grantTypeSchema = z.object({ grant_type: z.string() })
const GRANT_TYPES: readonly string[] = ['authorization_code', 'refresh_token', 'password']

const authorizationSchema = z.object({
  response_type: z.literal('code'),
  client_id: z.string(),
  redirect_uri: z.url(),
  state: z.string().optional(),
})
const CODE_MS = 600_000

/** Tokens for a code, a password or a refresh token (RFC 6749, docs/spark-api.md §3.6). */
export function grantReply(request: ApiRequest, desk: LoginDesk): Reply {
  const fields = grantFields(request)
  const type = grantTypeSchema.safeParse(fields).data?.grant_type
  if (type !== undefined && !GRANT_TYPES.includes(type)) return refusal(400, 'unsupported_grant_type')
  const grant = grantSchema.safeParse(fields).data
  if (grant === undefined) return refusal(400, 'invalid_request')
  const { keys, tokens, behaviour, now } = desk
  const key = keys.find(grant.client_id)
  if (key?.secret !== grant.client_secret) return refusal(401, 'invalid_client')
  if (!redeemed(grant, desk)) return refusal(400, 'invalid_grant')
  const { accessTokenSeconds: seconds, refreshToken } = behaviour
  const issue = (kind: 'access' | 'refresh', expiresAt: number): string =>
    tokens.issue({ kind, key: key.key, expiresAt, redirectUri: undefined })
  const isKept = grant.grant_type === 'refresh_token' && refreshToken === 'kept'
  const tokensGranted = {
    access_token: issue('access', now + seconds * 1000),
    refresh_token: isKept ? undefined : issue('refresh', Number.POSITIVE_INFINITY),
    expires_in: seconds,
  }
  return jsonReply(200, JSON.stringify(tokensGranted))
}

/** Whether it is worth tokens; if so, a code is used up, and a refresh token, too, where another takes its place. */
function redeemed(grant: Grant, { tokens, behaviour, now }: LoginDesk): boolean {
  if (grant.grant_type === 'password') {
    return grant.username === USER.username && grant.password === USER.password
  }
  if (grant.grant_type === 'refresh_token') {
    if (tokens.find('refresh', grant.refresh_token)?.key !== grant.client_id) return false
    if (behaviour.refreshToken === 'replaced') tokens.revoke(grant.refresh_token)
    return true
  }
  const code = tokens.find('code', grant.code)
  if (code?.key !== grant.client_id || code.redirectUri !== grant.redirect_uri) return false
  tokens.revoke(grant.code)
  return code.expiresAt > now
}

/** RFC 6749 §5.2 */
function refusal(status: 400 | 401, error: string): Reply {
  return jsonReply(status, JSON.stringify({ error, error_description: `Simulated refusal: ${error}` }))
}

/** Sends the browser back with a code: here every user says yes (RFC 6749 §4.1.1). */
export function authorizationReply({ query }: ApiRequest, { keys, tokens, now }: LoginDesk): Reply {
  const asked = authorizationSchema.safeParse(Object.fromEntries(query)).data
  if (asked === undefined || keys.find(asked.client_id) === undefined) return refusal(400, 'invalid_request')
  const { client_id: key, redirect_uri: redirectUri, state } = asked
  const location = new URL(redirectUri)
  location.searchParams.set(
    'code',
    tokens.issue({ kind: 'code', key, expiresAt: now + CODE_MS, redirectUri }),
  )
  if (state !== undefined) location.searchParams.set('state', state)
  return { status: 302, headers: { Location: location.href }, body: '' }
}
