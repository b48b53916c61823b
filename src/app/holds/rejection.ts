import { z } from 'zod'

import type { StandingHold } from '../../domain/hold.ts'

const REJECTION = z.object({
  resource: z.string(),
  sweep: z.string(),
  /** That were held, and are not any more. */
  deletes: z.number(),
})
export type Rejection = z.output<typeof REJECTION>

export function rejectionOf({ hold, keys }: StandingHold): Rejection {
  return { resource: hold.resource, sweep: hold.passId, deletes: keys }
}

export function parseRejection(answer: unknown): Rejection {
  return REJECTION.parse(answer)
}
