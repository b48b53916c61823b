import { SparkqlError } from '../sparkql-error.ts'
import { asText } from '../value.ts'
import { literalOf } from './sparkql-function.ts'
import type { TestFunction } from './sparkql-function.ts'

/** Which texts fit. Upper and lower case differ. */
export const TEST_FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  contains: ofPart((text, part) => text.includes(part)),
  startswith: ofPart((text, part) => text.startsWith(part)),
  endswith: ofPart((text, part) => text.endsWith(part)),
  /** From the first text to the second, both included. */
  range: {
    kind: 'test',
    required: [literalOf('character'), literalOf('character')],
    optional: [],
    test: ([low, high]) => {
      const [from, to] = [asText(low), asText(high)]
      return (text) => text >= from && text <= to
    },
  },
  regex: {
    kind: 'test',
    required: [literalOf('character')],
    optional: [literalOf('character')],
    test: ([pattern, flags]) => regex(asText(pattern), flags === undefined ? '' : asText(flags)),
  },
}

function ofPart(fits: (text: string, part: string) => boolean): TestFunction {
  return {
    kind: 'test',
    required: [literalOf('character')],
    optional: [],
    test: ([part]) => {
      const wanted = asText(part)
      return (text) => fits(text, wanted)
    },
  }
}

/** The one flag is `i`. As in Ruby, `^` and `$` are of lines. */
function regex(pattern: string, flags: string): (text: string) => boolean {
  if (/[^i]/.test(flags)) throw new SparkqlError(1040, pattern, 'The one flag of regex is i')
  const expression = compiled(pattern, flags === '' ? 'm' : 'im')
  return (text) => expression.test(text)
}

function compiled(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch {
    throw new SparkqlError(1040, pattern, 'Not a regular expression')
  }
}
