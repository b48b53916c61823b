import { notPermitted } from './envelope.ts'
import type { Member } from './envelope.ts'
import { listMembers, oneMember } from './list-page.ts'
import type { Circumstances } from './list-page.ts'
import { listQuery } from './list-query.ts'
import type { Listable } from './listable.ts'

/** The two services of a collection, whatever its rows are: members of `D`. */
export interface ListService {
  /** @throws {ApiFailure} */
  list(params: URLSearchParams, circumstances: Circumstances): readonly Member[]
  /** @throws {ApiFailure} 404/404 for a row that is not there, 403/1500 for one that is forbidden */
  one(key: string, params: URLSearchParams, circumstances: Circumstances): readonly Member[]
}

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
      if (circumstances.behaviour.forbiddenKeys.includes(key)) {
        throw notPermitted()
      }
      return [oneMember(rows, key, listQuery(params, rows.maxLimit), circumstances)]
    },
  }
}
