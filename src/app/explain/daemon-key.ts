import { z } from 'zod'

import { INDEXED_KEY } from './indexed-key.ts'
import { SOURCE_ANSWER } from './source-answer.ts'

/** What a daemon answers of a key: `GET /resources/<name>/keys/<key>`. */
export const DAEMON_KEY = z.object({
  index: INDEXED_KEY,
  /** Null: it was not asked. */
  source: SOURCE_ANSWER.nullable(),
})
export type DaemonKey = z.output<typeof DAEMON_KEY>
