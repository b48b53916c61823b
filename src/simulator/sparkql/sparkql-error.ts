import type { SparkqlProblem } from '../api/envelope.ts'

/** 1040: the filter is not valid. 1041: it is valid and over a limit (docs/spark-api.md §3.3). */
export class SparkqlError extends Error {
  readonly code: 1040 | 1041
  readonly problem: SparkqlProblem

  constructor(code: 1040 | 1041, token: string, message: string) {
    super(message)
    this.name = 'SparkqlError'
    this.code = code
    this.problem = { token, status: 'Fatal', message }
  }
}
