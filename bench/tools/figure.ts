/** What a part of the bench has found out: a number, beside the number that it is compared to, both measured in turns. */
import { z } from 'zod'

import { median } from './numbers.ts'

const SPREAD = z.object({ median: z.number(), lowest: z.number(), highest: z.number() })
const AIM = z.object({
  of: z.enum(['value', 'ratio']),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
})

export const FIGURE = z.object({
  what: z.string(),
  unit: z.string(),
  value: SPREAD,
  against: z.object({ what: z.string(), unit: z.string(), value: SPREAD }).nullable(),
  /** Of each round by itself: what was measured side by side is divided. */
  ratio: SPREAD.nullable(),
  aim: AIM.nullable(),
})

export type Figure = z.output<typeof FIGURE>
type Spread = z.output<typeof SPREAD>

export interface Measurements {
  readonly what: string
  readonly unit: string
  /** One of each round. */
  readonly values: readonly number[]
  readonly against?: { readonly what: string; readonly values: readonly number[]; readonly unit?: string }
  readonly aim?: z.output<typeof AIM>
}

export function figure({ what, unit, values, against, aim }: Measurements): Figure {
  const ratios = against?.values.map((other, round) => (values[round] ?? Number.NaN) / other)
  return {
    what,
    unit,
    value: spread(values),
    against:
      against === undefined
        ? null
        : { what: against.what, unit: against.unit ?? unit, value: spread(against.values) },
    ratio: ratios === undefined ? null : spread(ratios),
    aim: aim ?? null,
  }
}

/** Null without an aim. */
export function isMet({ aim, value, ratio }: Figure): boolean | null {
  if (aim === null) return null
  const reached = aim.of === 'ratio' ? ratio?.median : value.median
  if (reached === undefined) return false
  return reached >= (aim.atLeast ?? -Infinity) && reached <= (aim.atMost ?? Infinity)
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
}
