/** Members that several of the publisher's own records have, from Avro's values to our own. */
import { z } from 'zod'

import { instant, type Instant } from '../domain/instant.ts'
import { PASS_KINDS, passId } from '../domain/pass.ts'
import { parseResourceName, type ResourceName } from '../domain/resource.ts'

export const INSTANT = z.number().transform((ms): Instant => instant(ms))
export const PASS_ID = z.string().transform(passId)
export const RESOURCE = z.string().transform((text, context): ResourceName => {
  const name = parseResourceName(text)
  if (name !== undefined) return name
  context.addIssue({ code: 'custom', message: 'is no resource name' })
  return z.NEVER
})
export const PASS = lowerCase(PASS_KINDS)
export const OFFSET_LIST = z.array(z.number())

/** An Avro symbol as our own words spell it. */
export function lowerCase<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodType<Words[number]> {
  return z
    .string()
    .transform((symbol) => symbol.toLowerCase())
    .pipe(z.enum(words))
}
