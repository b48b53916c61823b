import { hash } from 'node:crypto'

import type { Digest } from '../../domain/content.ts'

/** SHA-256, the first 128 bits of it (R5). */
export function digestOf(data: Uint8Array | string): Digest {
  return hash('sha256', data, 'hex').slice(0, 32) as Digest
}
