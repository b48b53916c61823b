import { readFile } from 'node:fs/promises'

import type { z } from 'zod'

import { errorCode } from '../support/error-code.ts'
import { StackError } from './stack-error.ts'

/**
 * What the file holds; undefined if there is none.
 *
 * @param consequence what follows if it cannot be read, and what to do: goes on behind "… cannot be read, so"
 * @throws StackError `STACK_STATE_UNREADABLE`
 */
export async function readJsonFile<T>(
  file: string,
  schema: z.ZodType<T>,
  consequence: string,
): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    throw new StackError('STACK_STATE_UNREADABLE', `${file} cannot be read, so ${consequence}`, cause)
  }
}
