import { readFileSync } from 'node:fs'

import { z } from 'zod'

const PACKAGE = z.object({ version: z.string() })

/** Of the package, from its manifest beside `src/` or `dist/`. */
export const VERSION: string = PACKAGE.parse(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
).version

/** `X-SparkApi-User-Agent`, `client.id` and the like. */
export const PROGRAM = `listingstream/${VERSION}`
