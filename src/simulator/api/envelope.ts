import { toJsonText } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { KeyOrder } from './key-order.ts'

/** A member's name and its value as JSON text. */
export type Member = readonly [name: string, json: string]

/** What the filter parser had to say about a token of `_filter` (docs/spark-api.md §2.7). */
export interface SparkqlProblem {
  readonly token: string
  readonly status: 'Fatal' | 'Dropped' | 'Recovered'
  readonly message: string
}

/** An answer of the API that is a failure. Part of the simulated world, not an error of the simulator. */
export class ApiFailure extends Error {
  readonly status: number
  readonly code: number | undefined
  readonly problems: readonly SparkqlProblem[]
  /** `Details` of what is outside its limits. */
  readonly details: readonly JsonObject[]

  constructor(
    status: number,
    code: number | undefined,
    message: string,
    problems: readonly SparkqlProblem[] = [],
    details: readonly JsonObject[] = [],
  ) {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.code = code
    this.problems = problems
    this.details = details
  }
}

/** 1500, with HTTP 403 or, as seen, 200 (docs/spark-api.md §3.2). */
export function notPermitted(status: 403 | 200 = 403): ApiFailure {
  return new ApiFailure(status, 1500, 'You do not have permission to perform the requested action')
}

function objectText(members: readonly Member[], order: KeyOrder): string {
  return `{${order
    .arrange(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`
}

/** `{"D":{…}}` (docs/spark-api.md §2.1). */
export function successText(members: readonly Member[], order: KeyOrder): string {
  return `{"D":${objectText([['Success', 'true'], ...members], order)}}`
}

/** The failure envelope of docs/spark-api.md §3.1. */
export function failureText(failure: ApiFailure, order: KeyOrder): string {
  const members: Member[] = [['Success', 'false']]
  if (failure.code !== undefined) members.push(['Code', String(failure.code)])
  if (failure.message !== '') members.push(['Message', JSON.stringify(failure.message)])
  if (failure.problems.length > 0) members.push(problemsMember(failure.problems))
  if (failure.details.length > 0) members.push(['Details', toJsonText(failure.details)])
  return `{"D":${objectText(members, order)}}`
}

export function problemsMember(problems: readonly SparkqlProblem[]): Member {
  const list = problems.map(({ token, status, message }) => ({
    Token: token,
    Status: status,
    Message: message,
  }))
  return ['SparkQLErrors', JSON.stringify(list)]
}
