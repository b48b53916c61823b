import { ApiFailure, notPermitted } from './envelope.ts'
import type { Member } from './envelope.ts'
import { listMembers, oneMember } from './list-page.ts'
import type { Circumstances } from './list-page.ts'
import { listQuery } from './list-query.ts'
import type { Listable } from './listable.ts'
import { subrowsMember } from './subrows.ts'

/** The services of a collection, whatever its rows are: members of `D`. */
export interface ListService {
  /** @throws {ApiFailure} */
  list(params: URLSearchParams, circumstances: Circumstances): readonly Member[]
  /** @throws {ApiFailure} 404/404 for a row that is not there, 403/1500 for one that is forbidden */
  one(key: string, params: URLSearchParams, circumstances: Circumstances): readonly Member[]
  /** What answers for `photos` or `photos/{Id}` below a row's own path; undefined: there is no such path. */
  below(path: string): BelowService | undefined
}

/** @throws {ApiFailure} as `one`, and 404/404 for an Id that is not there */
type BelowService = (key: string, circumstances: Circumstances) => readonly Member[]

/** Largest `_limit` of a key without replication rights. */
const REGULAR_LIMIT = 25

export function listService<Row>(rows: Listable<Row>): ListService {
  return {
    list(params, circumstances) {
      const isRegular = circumstances.behaviour.role === 'regular'
      const query = listQuery(params, isRegular ? REGULAR_LIMIT : rows.maxLimit)
      return listMembers(rows, query, circumstances)
    },
    one(key, params, circumstances) {
      requirePermission(key, circumstances)
      return [oneMember(rows, key, listQuery(params, rows.maxLimit), circumstances)]
    },
    below(path) {
      const whole = rows.sublist(path)
      const [set = '', id] = /^(.+)\/([^/]+)$/.exec(path)?.slice(1) ?? []
      const subrows = whole ?? rows.sublist(set)
      if (subrows === undefined) return undefined
      return (key, circumstances) => {
        requirePermission(key, circumstances)
        const row = rows.find(key)
        if (row === undefined) throw new ApiFailure(404, 404, 'Not found')
        return [subrowsMember(subrows(row), whole === undefined ? id : undefined, circumstances.order)]
      }
    },
  }
}

function requirePermission(key: string, { behaviour: { forbiddenKeys } }: Circumstances): void {
  if (forbiddenKeys.includes(key)) throw notPermitted()
}
