import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  keepCredential,
  keepSecret,
  quoteForeign,
  strike,
  strikeForeign,
  strikeJson,
} from '../../src/support/secrets.ts'

const USER = 'registrar/1 é'
const PASSWORD = 's3+cr"é\\t/ pass'
const TOKEN = 'tok-4711/Ab+cdEF'
keepCredential(`${USER}:${PASSWORD}`)
keepCredential('al:pi')
keepSecret(TOKEN)
keepSecret('20260501')

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** Ways to write a text, none of which hides it from who wants to read it. */
const FORMS: readonly ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  percent,
  (text) => new URLSearchParams({ q: text }).toString().slice(2),
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  (text) => Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  base64,
  (text) => Buffer.from(text).toString('base64url'),
  (text) => encodeURIComponent(base64(text)),
  (text) => base64(`x${text}`),
  (text) => base64(`xy${text}z`),
]
const SECRETS = [PASSWORD, `${USER}:${PASSWORD}`, TOKEN]

/** Enough of it to be worth something: all but what shares a base64 character with its neighbours. */
function isLeft(struck: string, form: string): boolean {
  return struck.includes(form.slice(2, -4))
}

describe('secrets are struck in every form (R15)', () => {
  test('from words of ours and of others, wherever they stand', () => {
    const around = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })
    fc.assert(
      fc.property(
        fc.constantFrom(...SECRETS),
        fc.constantFrom(...FORMS),
        around,
        around,
        (secret, formOf, before, after) => {
          const form = formOf(secret)
          const text = `${before}${form}${after}`
          expect(isLeft(strike(text), form)).toBe(false)
          expect(isLeft(strikeForeign(text), form)).toBe(false)
          expect(isLeft(quoteForeign(text), form)).toBe(false)
        },
      ),
    )
  })

  test('a user name is struck from the words of others; ours may hold the same word', () => {
    for (const formOf of FORMS) {
      const form = formOf(USER)
      expect(isLeft(strikeForeign(`unknown user <${form}>`), form)).toBe(false)
    }
    expect(strike(USER)).toBe(USER)
  })

  test('parts shorter than four characters make no noise; the whole of them is struck', () => {
    expect(strikeForeign('al asks pi for a schema')).toBe('al asks pi for a schema')
    // The last character before the = shares its bits with nothing.
    expect(strikeForeign(`no such login: al:pi, Basic ${base64('al:pi')}`)).toBe(
      'no such login: [redacted], Basic [redacted]k=',
    )
  })

  test('a quote of others is cut after the striking, never within a secret', () => {
    const said = `${'x'.repeat(295)}${TOKEN}`
    expect(quoteForeign(said)).not.toContain(TOKEN.slice(0, 5))
  })

  test('JSON stays JSON: names of members and numbers are struck, too', () => {
    const json = JSON.stringify({ [TOKEN]: [20260501, { said: `"${PASSWORD}"` }], kept: 'é\n' })
    expect(JSON.parse(strikeJson(json))).toEqual({
      '[redacted]': ['[redacted]', { said: '"[redacted]"' }],
      kept: 'é\n',
    })
    expect(strikeJson('{"n":12345678901234567890}')).toBe('{"n":12345678901234567890}')
  })

  test('a text made to be slow is not: it takes time by its length alone', () => {
    const began = performance.now()
    for (const text of ['\\'.repeat(200_000), '&#0000'.repeat(40_000), '%'.repeat(200_000)])
      strikeForeign(text)
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
