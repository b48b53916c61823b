import { readFileSync } from 'node:fs'

import { InvariantViolation } from '../support/errors.ts'

/** Of the package, from its manifest beside `src/` or `dist/`. */
export const VERSION: string = versionIn(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

/** `X-SparkApi-User-Agent`, `client.id` and the like. */
export const PROGRAM = `listingstream/${VERSION}`

/** By hand: every start reads it, and most of a start is loading modules. */
function versionIn(json: string): string {
  const manifest: unknown = JSON.parse(json)
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    if (typeof manifest.version === 'string') return manifest.version
  }
  throw new InvariantViolation('The package has no version.')
}
