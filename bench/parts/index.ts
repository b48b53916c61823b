import type { Part } from '../tools/part.ts'
import { API_COST } from './api-cost.ts'
import { DOWNLOAD } from './download.ts'
import { FRESHNESS } from './freshness.ts'
import { INDEX } from './index-rebuild.ts'
import { MEMORY } from './memory.ts'
import { OVERLAP } from './overlap.ts'
import { PURGE } from './purge.ts'
import { START } from './start.ts'
import { STORE } from './store.ts'

/** In this order: the first one warms the broker for the others. */
export const PARTS: readonly Part[] = [
  MEMORY,
  DOWNLOAD,
  OVERLAP,
  PURGE,
  INDEX,
  FRESHNESS,
  API_COST,
  START,
  STORE,
]
