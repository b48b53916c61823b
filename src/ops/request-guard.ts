import { createHash, timingSafeEqual } from 'node:crypto'

import { ADMIN_TOKEN_UNSET } from '../domain/error-codes.ts'
import type { Renewable } from '../support/renewable.ts'
import { isLoopback } from './loopback.ts'

export interface GuardOptions {
  /** What the server is bound to. */
  readonly host: string
  /** Read again for each request that needs it, if it is renewable. */
  readonly adminToken: (Pick<Renewable, 'reveal'> & Partial<Pick<Renewable, 'refresh'>>) | null
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Refusal {
  readonly status: 401 | 403
  readonly code: string
  readonly message: string
}

/** Why no request under this name is answered; undefined if it is. */
export function refuseHost(headers: Headers, { host }: GuardOptions): Refusal | undefined {
  // A name that an attacker points at 127.0.0.1 makes a browser send that name (DNS rebinding).
  if (!isLoopback(host) || isLoopback(hostName(headers['host']))) return undefined
  const message = 'Ask for localhost or a loopback address: the server is bound to loopback.'
  return { status: 403, code: 'HTTP_FOREIGN_HOST', message }
}

/** Why a request that reads more than health or metrics is refused; undefined if it is not. */
export function refuseRead(headers: Headers, options: GuardOptions): Refusal | undefined {
  const refusal = refuseHost(headers, options)
  if (refusal !== undefined || isLoopback(options.host)) return refusal
  return refuseWithoutToken(headers, options)
}

/**
 * Why a request that changes something is refused; undefined if it is not. Where there is a token, it is needed on loopback,
 * too: whoever may read there is not always who may decide.
 */
export function refuseChange(headers: Headers, options: GuardOptions): Refusal | undefined {
  if (isCrossOrigin(headers)) {
    return { status: 403, code: 'HTTP_CROSS_ORIGIN', message: 'Requests from other origins are refused.' }
  }
  const refusal = refuseHost(headers, options)
  if (refusal !== undefined || isOpen(options)) return refusal
  return refuseWithoutToken(headers, options)
}

/** Nobody said who may decide. */
function isOpen({ host, adminToken }: GuardOptions): boolean {
  return isLoopback(host) && adminToken === null
}

function refuseWithoutToken(headers: Headers, { host, adminToken }: GuardOptions): Refusal | undefined {
  if (adminToken === null) {
    const message = `Set ADMIN_TOKEN to allow this, or bind HTTP_HOST (${host}) to loopback.`
    return { status: 403, code: ADMIN_TOKEN_UNSET, message }
  }
  adminToken.refresh?.()
  const given = /^Bearer +(\S+) *$/i.exec(text(headers['authorization']))?.[1]
  if (given !== undefined && same(given, adminToken.reveal())) return undefined
  const message = 'This needs the header "Authorization: Bearer" with the value of ADMIN_TOKEN.'
  return { status: 401, code: 'ADMIN_TOKEN_WRONG', message }
}

/** Fetch metadata where the browser sends it, the Origin header otherwise; clients that are no browsers send neither. */
function isCrossOrigin(headers: Headers): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = headers['origin']
  if (origin === undefined) return false
  const { host } = URL.canParse(text(origin)) ? new URL(text(origin)) : { host: '' }
  return host === '' || host !== text(headers['host']).toLowerCase()
}

function hostName(host: Headers[string]): string {
  const url = `http://${text(host)}`
  return URL.canParse(url) ? new URL(url).hostname : ''
}

function text(header: Headers[string]): string {
  return typeof header === 'string' ? header : ''
}

/** In constant time, whatever the lengths. */
function same(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(a), digest(b))
}
