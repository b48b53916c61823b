import { ApiFailure } from '../api/envelope.ts'
import type { Circumstances } from '../api/list-page.ts'
import type { Reply } from '../api/reply.ts'

/** Request headers of a conditional GET (docs/spark-api.md §3.5). */
export interface Conditions {
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
}

/** A request to a service, read. */
interface Asked {
  /** What stands in the place of each `{…}` in the path of the service. */
  readonly names: readonly string[]
  readonly params: URLSearchParams
  readonly conditions: Conditions
  readonly circumstances: Circumstances
}

/** What answers a GET. @throws {ApiFailure} */
export type Service = (asked: Asked) => Reply

/** By path, with `{…}` in the place of a name that is part of it. The first that fits a path has it. */
export type ServiceTable = readonly (readonly [path: string, service: Service])[]

export function notFound(): ApiFailure {
  return new ApiFailure(404, 404, 'Not found')
}
