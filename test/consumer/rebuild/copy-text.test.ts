import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { copyText } from '../../../src/consumer/rebuild/postgres/copy-text.ts'
import type { Column } from '../../../src/consumer/rebuild/store.ts'

const COLUMNS: readonly Column[] = [
  { name: 'Id', type: 'text', field: 'id' },
  { name: 'Price', type: 'real', field: 'price' },
  { name: 'Note', type: 'text', field: 'note' },
]

test('a row is a line: its values, the order, and whether the key is gone', () => {
  const rows = [
    { key: '1', partition: 0, offset: 7, values: ['1', 1.5, 'a\tb\\c\nd\re'] },
    { key: '2\t', partition: 0, offset: 8, values: null },
    { key: '3', partition: 0, offset: 9, values: ['3', null, String.raw`\N`] },
  ]
  expect(text(rows)).toBe('1\t1.5\ta\\tb\\\\c\\nd\\re\t42\tf\n2\\t\t\\N\t\\N\t42\tt\n3\t\\N\t\\\\N\t42\tf\n')
})

test('whatever is in a text, it stays one field of one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, note) => {
      const lines = text([{ key, partition: 0, offset: 1, values: [key, 0, note] }]).split('\n')
      expect(lines).toHaveLength(2)
      const [first = '', price, second = ''] = lines[0]!.split('\t')
      expect([unescaped(first), price, unescaped(second)]).toEqual([key, '0', note].map(asUtf8))
    }),
  )
})

function text(rows: Parameters<typeof copyText>[0]): string {
  return Buffer.concat([...copyText(rows, COLUMNS, 42)]).toString()
}

function unescaped(field: string): string {
  const by: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' }
  return field.replaceAll(/\\(.)/gs, (_, character: string) => by[character] ?? '?')
}

function asUtf8(value: string): string {
  return Buffer.from(value).toString()
}
