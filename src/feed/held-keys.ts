import { z } from 'zod'

import { HOLD_KINDS, type HeldChunk, type HeldKey } from '../domain/hold.ts'
import { parseRecordKey, type RecordKey } from '../domain/record-key.ts'
import { INSTANT, lowerCase, OFFSET_LIST, PASS, PASS_ID, RESOURCE } from './state-fields.ts'

const KEY = z.string().transform((text, context): RecordKey => {
  const key = parseRecordKey(text)
  if (key !== undefined) return key
  context.addIssue({ code: 'custom', message: 'is no record key' })
  return z.NEVER
})

const HELD_KEY = z
  .object({
    key: KEY,
    reason: z.enum(['NOT_IN_SOURCE', 'OUT_OF_SCOPE']).nullable(),
    evidence: z.enum(['LIST_QUERY', 'HTTP_404']).nullable(),
    provedAt: INSTANT.nullable(),
    mlsId: z.string().nullable(),
    lastModificationTimestamp: INSTANT.nullable(),
    lastSeenAt: INSTANT,
    partition: z.number().nullable(),
    offset: z.number().nullable(),
  })
  .transform(({ reason, evidence, provedAt: at, partition, offset, ...known }): HeldKey => {
    return {
      ...known,
      proof: reason === null || evidence === null || at === null ? null : { reason, evidence, at },
      position: partition === null || offset === null ? null : { partition, offset },
    }
  })

/** A record of the topic `holds`. */
export const HELD_KEYS = z
  .object({
    resource: RESOURCE,
    pass: PASS,
    passId: PASS_ID,
    kind: lowerCase(HOLD_KINDS),
    generation: z.number(),
    startedAt: INSTANT,
    sweepOffsets: OFFSET_LIST,
    heldAt: INSTANT,
    why: z.string(),
    rejectedAt: INSTANT.nullable().default(null),
    chunk: z.number(),
    chunks: z.number().nullable(),
    total: z.number().nullable(),
    keys: z.array(HELD_KEY),
  })
  .transform(({ chunk, chunks, total, keys, ...hold }): HeldChunk => {
    return { hold, chunk, whole: chunks === null || total === null ? null : { chunks, keys: total }, keys }
  })
