import { gzipSync } from 'node:zlib'

import type { DeadLetter } from '../../domain/change.ts'
import { toJsonText } from '../../domain/json.ts'
import { canonicalJson } from './canonical-json.ts'
import { digestOf } from './digest.ts'

/** Of one part at most, in bytes: a record of a topic may have 1 MiB unless the broker is told otherwise. */
export const DEAD_LETTER_PART_BYTES = 900_000

export interface DeadLetterParts {
  /** Key of the record; where it has none, a digest of its JSON. */
  readonly key: string
  /** One gzip stream (RFC 1952), cut; at least one part. Unzipped it is the record's JSON in UTF-8, or bytes that are no JSON. */
  readonly parts: readonly Uint8Array[]
}

/**
 * The record as it came, in the pieces in which it can be published (R12).
 *
 * @param partBytes of one part at most
 */
export function deadLetterParts(deadLetter: DeadLetter, partBytes = DEAD_LETTER_PART_BYTES): DeadLetterParts {
  const { key, body } = deadLetter
  const isRaw = body instanceof Uint8Array
  const bytes = gzipSync(isRaw ? body : toJsonText(body))
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += partBytes) {
    parts.push(bytes.subarray(at, at + partBytes))
  }
  return { key: key ?? digestOf(isRaw ? body : canonicalJson(body)), parts }
}
