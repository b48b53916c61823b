import { describe, expect, test } from 'vitest'

import { refuseChange, refuseHost, refuseRead } from '../../src/ops/request-guard.ts'

const adminToken = { reveal: () => 'right-token' }
const loopback = { host: '127.0.0.1', adminToken: null }
const everywhere = { host: '0.0.0.0', adminToken }
const local = { host: '127.0.0.1:8080' }

describe('bound to loopback', () => {
  test('a change needs the token where there is one, and what is read does not', () => {
    const guarded = { host: '127.0.0.1', adminToken }
    expect(refuseChange(local, guarded)).toMatchObject({ status: 401, code: 'ADMIN_TOKEN_WRONG' })
    expect(refuseChange({ ...local, authorization: 'Bearer right-token' }, guarded)).toBeUndefined()
    expect(refuseRead(local, guarded)).toBeUndefined()
  })

  test('a change needs no token where there is none', () => {
    expect(refuseChange(local, loopback)).toBeUndefined()
    expect(refuseChange({ host: 'localhost:8080' }, loopback)).toBeUndefined()
    expect(refuseChange({ host: '[::1]:8080' }, loopback)).toBeUndefined()
  })

  test.each(['evil.example:8080', '127.0.0.1.evil.example', '', undefined, 'a b'])(
    'host %j is refused, for reading too: it may be a name that was pointed here',
    (host) => {
      expect(refuseChange({ host }, loopback)).toMatchObject({ status: 403, code: 'HTTP_FOREIGN_HOST' })
      expect(refuseRead({ host }, loopback)).toMatchObject({ status: 403 })
    },
  )
})

describe('bound to other addresses', () => {
  const host = 'feed.example:8080'
  test('a token that is renewed counts at once, the one before no more', () => {
    let token = 'right-token'
    let file = token
    const refresh = (): boolean => {
      token = file
      return true
    }
    const renewable = { reveal: () => token, refresh }
    const options = { host: '0.0.0.0', adminToken: renewable }
    expect(refuseChange({ host, authorization: 'Bearer right-token' }, options)).toBeUndefined()
    file = 'renewed-token'
    expect(refuseChange({ host, authorization: 'Bearer right-token' }, options)).toMatchObject({
      status: 401,
    })
    expect(refuseChange({ host, authorization: 'Bearer renewed-token' }, options)).toBeUndefined()
  })

  test('a change needs the token, and so does the status', () => {
    expect(refuseChange({ host, authorization: 'Bearer right-token' }, everywhere)).toBeUndefined()
    for (const authorization of [
      undefined,
      '',
      'right-token',
      'Bearer wrong',
      'Bearer ',
      'Basic right-token',
    ]) {
      expect(refuseChange({ host, authorization }, everywhere)).toMatchObject({
        status: 401,
        code: 'ADMIN_TOKEN_WRONG',
      })
      expect(refuseRead({ host, authorization }, everywhere)).toMatchObject({ status: 401 })
    }
  })

  test('without a token set, nobody may change anything', () => {
    const refusal = refuseChange({ host, authorization: 'Bearer x' }, { ...everywhere, adminToken: null })
    expect(refusal).toMatchObject({ status: 403, code: 'ADMIN_TOKEN_UNSET' })
    expect(refuseRead({ host }, { ...everywhere, adminToken: null })).toMatchObject({ status: 403 })
    expect(refuseHost({ host }, everywhere)).toBeUndefined()
  })
})

describe('across origins', () => {
  test.each([
    { origin: 'https://evil.example' },
    { origin: 'http://127.0.0.1:9999' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'cross-site' },
  ])('a change is refused, token or not: %j', (headers) => {
    const all = { ...local, authorization: 'Bearer right-token', ...headers }
    expect(refuseChange(all, loopback)).toMatchObject({ status: 403, code: 'HTTP_CROSS_ORIGIN' })
    expect(refuseChange(all, everywhere)).toMatchObject({ status: 403, code: 'HTTP_CROSS_ORIGIN' })
  })

  test('the same origin is none of them', () => {
    const headers = { ...local, origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' }
    expect(refuseChange(headers, loopback)).toBeUndefined()
  })
})
