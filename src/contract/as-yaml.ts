import { Document, Scalar, visit } from 'yaml'

import { isPrintable, printable } from '../support/printable.ts'

/** As people write it: nothing shared by anchors. What a terminal would obey is escaped, so that the values stay. */
export function asYaml(document: object): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false })
  visit(yaml, {
    Scalar(_key, scalar) {
      const { value } = scalar
      const lines = typeof value === 'string' ? value.split('\n') : []
      if (!lines.every(isPrintable)) scalar.type = Scalar.QUOTE_DOUBLE
    },
  })
  return yaml
    .toString({ lineWidth: 120 })
    .split('\n')
    .map((line) => printable(line.replaceAll(ASTRAL_FORMAT, yamlEscape)))
    .join('\n')
}

/** printable.ts escapes them by halves, as JSON does; YAML knows whole characters only. */
const ASTRAL_FORMAT = /(?=[\u{10000}-\u{10FFFF}])\p{Cf}/gu

function yamlEscape(character: string): string {
  return String.raw`\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
}
