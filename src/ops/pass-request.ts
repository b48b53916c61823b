/** What is asked for by `POST /resources/<name>/passes/<pass>`. */
import { z } from 'zod'

import { PASS_KINDS, type PassKind } from '../domain/pass.ts'
import { quoteForeign } from '../support/secrets.ts'
import { RefusedRequestError } from './http-errors.ts'

const OPTIONS = z.strictObject({
  /** Of a purge: say what it would do. */
  dryRun: z.boolean().default(false),
  /** Of a snapshot: begin a new generation. */
  restart: z.boolean().default(false),
  /** Of a purge: so many deletes that the guard would hold go through. */
  approveUpTo: z.int().nonnegative().optional(),
  /** Of an update or a snapshot: dead letters whose keys are asked for again. */
  deadLetters: z.union([z.literal('all'), z.array(z.string())]).optional(),
})
export type PassRequestOptions = z.output<typeof OPTIONS>

/** How the members of a body are to be. */
const MEMBERS: ReadonlyMap<PropertyKey, string> = new Map(
  Object.entries({
    dryRun: 'true or false',
    restart: 'true or false',
    approveUpTo: 'a whole number, 0 or more',
    deadLetters: '"all" or a list of keys',
  } satisfies Record<keyof PassRequestOptions, string>),
)

export interface RequestedPass {
  /** Undefined where the path names none: it was there before there were several. */
  readonly resource: string | undefined
  readonly pass: PassKind
}

const PATH = z.object({ resource: z.string().optional(), pass: z.string() })

/** @param params of the path @throws {RefusedRequestError} 400 `HTTP_BAD_REQUEST` */
export function requestedPass(params: unknown): RequestedPass {
  const { resource, pass: name } = PATH.parse(params)
  const pass = PASS_KINDS.find((kind) => kind === name)
  if (pass !== undefined) return { resource, pass }
  throw badRequest(`There is no pass ${quoteForeign(name)}; there are ${PASS_KINDS.join(', ')}.`)
}

/** @param body as it was parsed, or null @throws {RefusedRequestError} 400 `HTTP_BAD_REQUEST` */
export function optionsOf(pass: PassKind, body: unknown): PassRequestOptions {
  const parsed = OPTIONS.safeParse(body ?? {})
  if (!parsed.success) throw badRequest(parsed.error.issues.map(describeIssue).join(' '))
  const { deadLetters, approveUpTo } = parsed.data
  if (deadLetters !== undefined && pass === 'purge') throw badRequest('A purge takes no deadLetters.')
  if (approveUpTo !== undefined && pass !== 'purge') throw badRequest('Only a purge takes approveUpTo.')
  return parsed.data
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.map(quoteForeign).join(', ')
    return `It takes no ${unknown}, but ${[...MEMBERS.keys()].join(', ')}.`
  }
  const [member] = issue.path
  const wanted = member === undefined ? undefined : MEMBERS.get(member)
  return wanted === undefined ? 'Its body is to be a JSON object.' : `${String(member)} is to be ${wanted}.`
}

function badRequest(why: string): RefusedRequestError {
  return new RefusedRequestError(400, `The request is not right. ${why}`, {
    code: 'HTTP_BAD_REQUEST',
    retryable: false,
    disposition: 'stop',
    exitCode: 2,
  })
}
