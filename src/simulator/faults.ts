import { z } from 'zod'

import { fitsPath } from './api/service-path.ts'

const milliseconds = z.number().int().min(0)

const faultSchema = z.discriminatedUnion('kind', [
  /** A failure with its envelope, e.g. 429/1550, 503/1510, 500/1026; `retryAfter` in seconds or as an HTTP date. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    code: z.number().int().optional(),
    message: z.string().default('Simulated failure'),
    retryAfter: z.union([z.string(), z.number()]).optional(),
  }),
  /** HTTP 200 with `Success: false` (docs/spark-api.md §3.2). */
  z.strictObject({ kind: z.literal('envelope-failure'), code: z.number().int().optional() }),
  /** This JSON in the place of the answer. */
  z.strictObject({
    kind: z.literal('answer'),
    status: z.number().int().min(200).max(599).default(200),
    json: z.string(),
  }),
  /** An error page of something between. */
  z.strictObject({ kind: z.literal('html'), status: z.number().int().min(200).max(599).default(502) }),
  /** 200, the right content type, and no JSON. */
  z.strictObject({ kind: z.literal('non-json') }),
  /** The whole length is promised, the connection breaks after this share of the body. */
  z.strictObject({ kind: z.literal('cut'), at: z.number().min(0).max(0.999).default(0.5) }),
  /** TCP reset in place of an answer. */
  z.strictObject({ kind: z.literal('reset') }),
  /** No answer, ever. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Nothing for so long, then the answer. */
  z.strictObject({ kind: z.literal('delay'), ms: milliseconds }),
  /** The head at once, the body in drops. */
  z.strictObject({ kind: z.literal('slow'), ms: milliseconds }),
  z.strictObject({ kind: z.literal('no-date') }),
  z.strictObject({ kind: z.literal('wrong-date'), skewMs: z.number().int() }),
  /** The filter is dropped: every row matches, and `SparkQLErrors` says so. `Recovered`: it was guessed, with the same result. */
  z.strictObject({
    kind: z.literal('sparkql-errors'),
    token: z.string().default('ModificationTimestamp'),
    status: z.enum(['Dropped', 'Recovered']).default('Dropped'),
  }),
  /** No rows and a new token, in the middle of a walk; nothing is lost. */
  z.strictObject({ kind: z.literal('empty-page') }),
  /** Fewer rows than the limit, in the middle; nothing is lost. */
  z.strictObject({ kind: z.literal('short-page'), rows: z.number().int().min(1) }),
  /** Rows that the walk passes over. */
  z.strictObject({ kind: z.literal('lost-rows'), rows: z.number().int().min(1).default(1) }),
  /** The page begins with the last row of the page before; the first page repeats its own last row. */
  z.strictObject({ kind: z.literal('duplicate-row') }),
  /** The page shows its rows in the opposite order. Nothing is lost. */
  z.strictObject({ kind: z.literal('reordered-page') }),
  /** The page shows the rows of the first page once more, under a new token. Nothing is lost. */
  z.strictObject({ kind: z.literal('repeated-page') }),
  /** A page whose token looks like the end of the walk, while there are more rows. */
  z.strictObject({ kind: z.literal('false-end'), token: z.enum(['absent', 'null', 'empty', 'same']) }),
  /** Names a token from the beginning of the walk, of two in turn: for ever so, the walk goes in a circle. */
  z.strictObject({ kind: z.literal('token-circle') }),
  /** `TotalRows` is off by so many. */
  z.strictObject({ kind: z.literal('wrong-count'), by: z.number().int() }),
  /** 400/1053 to `_pagination`. */
  z.strictObject({ kind: z.literal('refused-count') }),
  /** 400 to a token that is not empty; seen with the codes of filters, too (1040, 2000). */
  z.strictObject({ kind: z.literal('refused-token'), code: z.number().int().default(1053) }),
  /** A page with this JSON for its token. */
  z.strictObject({ kind: z.literal('token'), json: z.string() }),
  /** A small gzip stream that becomes so many million bytes of JSON. */
  z.strictObject({ kind: z.literal('bomb'), megabytes: z.number().int().min(1).max(500) }),
])
export type Fault = Readonly<z.output<typeof faultSchema>>

export const faultRuleSchema = z.strictObject({
  fault: faultSchema,
  /** A path as `/v1/listings` or `/v1/listings/{Id}`; with a `*` at its end, all that begin so. Default: every path. */
  path: z.string().optional(),
  /** Parameters that the request must have: a value, `*` for any, null for none. `{"_skiptoken":""}` is a first page. */
  query: z.record(z.string(), z.string().nullable()).default({}),
  /** Begins with the nth request that fits, counted from when the rule was added. */
  nth: z.number().int().min(1).default(1),
  /** For so many requests that fit, one after the other; null for all from then on. */
  times: z.number().int().min(1).nullable().default(1),
})
export type FaultRule = z.input<typeof faultRuleSchema>

interface ActiveRule {
  readonly rule: z.output<typeof faultRuleSchema>
  seen: number
}

/** What is to go wrong, and when. The first rule that fires for a request has it. */
export class FaultScript {
  #rules: ActiveRule[] = []
  #fired = 0

  /** @throws {z.ZodError} */
  add(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule: faultRuleSchema.parse(rule), seen: 0 })))
  }

  clear(): void {
    this.#rules = []
  }

  /** Faults that happened so far. */
  get fired(): number {
    return this.#fired
  }

  /** Rules that have not run out. */
  get waiting(): number {
    return this.#rules.length
  }

  take(path: string, params: URLSearchParams): Fault | undefined {
    let taken: Fault | undefined
    for (const active of this.#rules) {
      if (!fits(active.rule, path, params)) continue
      active.seen += 1
      if (active.seen >= active.rule.nth) taken ??= active.rule.fault
    }
    this.#rules = this.#rules.filter(
      ({ rule, seen }) => rule.times === null || seen < rule.nth - 1 + rule.times,
    )
    if (taken !== undefined) this.#fired += 1
    return taken
  }
}

function fits(rule: ActiveRule['rule'], path: string, params: URLSearchParams): boolean {
  if (!fitsPath(rule.path ?? '*', path)) return false
  return Object.entries(rule.query).every(([name, value]) =>
    value === '*' ? params.has(name) : params.get(name) === value,
  )
}
