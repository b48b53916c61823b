import type { Part } from '../tools/bench.ts'
import { DOWNLOAD } from './download.ts'
import { OVERLAP } from './overlap.ts'
import { START } from './start.ts'

/** In this order: the first ones warm the broker for the others. */
export const PARTS: readonly Part[] = [DOWNLOAD, OVERLAP, START]
