import { SparkqlError } from '../sparkql-error.ts'
import { asNumber, asText } from '../value.ts'
import type { Value, ValueType } from '../value.ts'
import { fieldOr, literalOf } from './sparkql-function.ts'
import type { ValueFunction } from './sparkql-function.ts'

/** Of texts; all count characters from 0. */
export const TEXT_FUNCTIONS: Readonly<Record<string, ValueFunction>> = {
  length: ofText('integer', (text) => Array.from(text).length),
  tolower: ofText('character', (text) => text.toLowerCase()),
  toupper: ofText('character', (text) => text.toUpperCase()),
  trim: ofText('character', (text) => text.trim()),
  concat: {
    ...ofText('character', (text, end) => text + asText(end)),
    required: [fieldOr('character'), literalOf('character')],
  },
  /** Where the second text begins in the first, -1 if it does not. */
  indexof: {
    ...ofText('integer', (text, part) => indexOf(text, asText(part))),
    required: [fieldOr('character'), literalOf('character')],
  },
  substring: {
    ...ofText('character', (text, from, count) => substring(text, asNumber(from), count)),
    required: [fieldOr('character'), literalOf('integer')],
    optional: [literalOf('integer')],
  },
}

function ofText(
  returns: ValueType,
  call: (text: string, ...others: readonly Value[]) => Value,
): ValueFunction {
  return {
    kind: 'value',
    required: [fieldOr('character')],
    optional: [],
    returns,
    call: ([text, ...others]) => call(asText(text), ...others),
  }
}

function indexOf(text: string, part: string): number {
  const at = text.indexOf(part)
  return at < 0 ? at : Array.from(text.slice(0, at)).length
}

/** A negative beginning counts from the end. */
function substring(text: string, from: number, count: Value): string {
  if (typeof count === 'number' && count < 0) {
    throw new SparkqlError(1040, String(count), 'substring takes no negative length')
  }
  const characters = Array.from(text)
  const start = from < 0 ? characters.length + from : from
  if (start < 0) return ''
  return characters.slice(start, typeof count === 'number' ? start + count : undefined).join('')
}
