import { InvariantViolation } from '../support/errors.ts'

/** An offset as kafkajs gives it (decimal text) as a number. The protocol's −1 for "none" is not an offset. */
export function parseOffset(text: string): number {
  const offset = Number(text)
  if (text === '' || !Number.isSafeInteger(offset) || offset < 0) {
    throw new InvariantViolation(`Not an offset: ${JSON.stringify(text)}.`)
  }
  return offset
}
