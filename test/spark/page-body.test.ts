import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { toJsonText } from '../../src/domain/json.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { readBody, readPage, type PageBody } from '../../src/spark/page-body.ts'
import { textOfBytes } from '../../src/support/utf8-text.ts'
import { growth } from '../fixtures/growth.ts'
import { keyOf } from './scripted-api.ts'

function rowsOf(page: PageBody) {
  if (page.kind !== 'envelope' || page.rows === undefined) throw new Error(page.kind)
  return page.rows
}

function pageOf(row: string, encoding: BufferEncoding = 'latin1'): Buffer {
  return Buffer.from(`{"D":{"Success":true,"Results":[${row}]}}`, encoding)
}

describe('text that is not UTF-8 (R12)', () => {
  test('text that is UTF-8 is read as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOfBytes(Buffer.from(text))).toBe(text.replace(/^\ufeff/, ''))
      }),
    )
  })

  test('keeps every byte: what is no UTF-8 stands as a lone surrogate, U+DC00 more than the byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.string({ unit: 'grapheme' }))),
        (parts) => {
          const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)))
          expect(bytesOf(textOfBytes(bytes)).toString('hex')).toBe(withoutMark(bytes).toString('hex'))
        },
      ),
    )
  })

  test.each([
    ['a byte of another encoding', [0x5a, 0xfc, 0x72], 'Z\udcfcr'],
    ['a sequence that is cut', [0xe2, 0x82, 0x41], '\udce2\udc82A'],
    ['an overlong one', [0xc0, 0x80], '\udcc0\udc80'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    ['a character beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    ['a replacement character that was sent', [0xef, 0xbf, 0xbd, 0xff], '\ufffd\udcff'],
  ])('%s', (_what, bytes, text) => {
    expect(textOfBytes(Buffer.from(bytes))).toBe(text)
  })

  test('does not spoil the row, nor the rows beside it', () => {
    const row = (n: number, city: string) =>
      `{"Id":"${keyOf(n)}","StandardFields":{"ListingKey":"${keyOf(n)}","City":"${city}"}}`
    const { records } = rowsOf(readPage(pageOf(`${row(1, 'Z\xfcrich')},${row(2, 'Bern')}`), LISTINGS))
    const bodies = records.map(({ body }) => toJsonText(body))
    expect(bodies).toEqual([row(1, String.raw`Z\udcfcrich`), row(2, 'Bern')])
  })

  test('an MlsId that is no text is none: it goes into a header', () => {
    const row = (mlsId: string) => `{"Id":"${keyOf(1)}","StandardFields":{"MlsId":"${mlsId}"}}`
    for (const mlsId of ['M\xfc', String.raw`M\ud800`, String.raw`M\u0000`]) {
      expect(rowsOf(readPage(pageOf(row(mlsId)), LISTINGS)).records[0]?.mlsId).toBeNull()
    }
  })

  test('time grows with the length alone', () => {
    // Every byte is wrong, or every second one. 32 times as many: a quadratic scan would take a thousand times as long.
    for (const unit of ['\xff', 'a\xff', '\xe2\x82']) {
      const bytes = (units: number) => Buffer.from(unit.repeat(units), 'latin1')
      expect(growth(bytes(50_000), bytes(1_600_000), textOfBytes)).toBeLessThan(320)
    }
  })
})

describe('what steers the walk', () => {
  test.each([String.raw`\ud800`, String.raw`a\udfff`, String.raw`\u0000`, 'x'.repeat(5_000)])(
    'a token that cannot be sent back is no answer: %s',
    (token) => {
      const body = Buffer.from(`{"D":{"Success":true,"Results":[],"SkipToken":"${token}"}}`)
      expect(readBody(body).kind).toBe('no_envelope')
    },
  )

  test('a Code of many digits is none', () => {
    const body = readBody(Buffer.from(`{"D":{"Success":false,"Code":"${'9'.repeat(400)}"}}`))
    expect(body).toMatchObject({ envelope: { code: undefined } })
  })
})

/** The way back. */
function bytesOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text).map((character) => {
      const code = character.codePointAt(0) ?? 0
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character)
    }),
  )
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? bytes.subarray(3) : bytes
}
