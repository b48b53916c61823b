import { z } from 'zod'

import { isOfRecords, type StandingHold } from '../../domain/hold.ts'

const REJECTION = z.object({
  resource: z.string(),
  sweep: z.string(),
  /** That were held, and are not any more; 0 of records. */
  deletes: z.number(),
  records: z.number().default(0),
})
export type Rejection = z.output<typeof REJECTION>

export function rejectionOf({ hold, keys }: StandingHold): Rejection {
  const ofRecords = isOfRecords(hold.kind)
  const counts = { deletes: ofRecords ? 0 : keys, records: ofRecords ? keys : 0 }
  return { resource: hold.resource, sweep: hold.passId, ...counts }
}

export function parseRejection(answer: unknown): Rejection {
  return REJECTION.parse(answer)
}
