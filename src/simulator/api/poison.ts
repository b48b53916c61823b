/** Rows in a form that no reader expects. */
import type { Behaviour } from '../behaviour.ts'
import type { Reply } from './reply.ts'

const LEVELS = 5_000
const DIGITS = 400_000
/** Stands for the one byte that is no UTF-8 until the text becomes bytes: é in Latin-1. */
const PLACEHOLDER = '\u{E0E9}'
const LATIN_1 = Buffer.from([0xe9])

export type Poison = Behaviour['poisoned'][string]

/** `row`, a JSON object with members, poisoned. */
export function poisonedText(row: string, poison: Poison): string {
  switch (poison) {
    case 'nan':
      return withMember(row, 'NaN')
    case 'deep':
      return withMember(row, '['.repeat(LEVELS) + ']'.repeat(LEVELS))
    case 'digits':
      return withMember(row, `"${'8'.repeat(DIGITS)}"`)
    case 'latin-1':
      return row.replace(/"Disclaimer":(?:null|"(?=[^"]*"))/, (found) =>
        found.endsWith('null') ? `"Disclaimer":"${PLACEHOLDER}"` : `${found}${PLACEHOLDER}`,
      )
  }
}

function withMember(row: string, json: string): string {
  return `${row.slice(0, -1)},"Supplement":${json}}`
}

/** The reply in the bytes that are sent. */
export function withRawBytes(reply: Reply): Reply {
  const { body } = reply
  if (typeof body !== 'string' || !body.includes(PLACEHOLDER)) return reply
  const parts = body.split(PLACEHOLDER).flatMap((part, i) => {
    const bytes = Buffer.from(part)
    return i === 0 ? [bytes] : [LATIN_1, bytes]
  })
  return { ...reply, body: Buffer.concat(parts) }
}
