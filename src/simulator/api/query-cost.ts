import type { Behaviour } from '../behaviour.ts'
import { ApiFailure } from './envelope.ts'
import type { ListQuery } from './list-query.ts'

/**
 * Refuses a page that would take too long: its rows, each expansion of them counted as rows, too.
 * @throws {ApiFailure} 503/1515
 */
export function refuseLongPage(
  { limit, expand }: Pick<ListQuery, 'limit' | 'expand'>,
  { pageCostLimit }: Pick<Behaviour, 'pageCostLimit'>,
): void {
  if (pageCostLimit !== null && limit * (1 + expand.size) > pageCostLimit) {
    throw new ApiFailure(503, 1515, 'The request took too long and was cancelled')
  }
}

/**
 * Refuses a search among too many rows, whatever page of them is asked for.
 * @throws {ApiFailure} 503/1516
 */
export function refuseLongSearch<Row>(
  { filter, orderBy }: Pick<ListQuery, 'filter' | 'orderBy'>,
  matching: Iterable<Row>,
  { searchCostLimit }: Pick<Behaviour, 'searchCostLimit'>,
): void {
  if (searchCostLimit === null || (filter === '' && orderBy.length === 0)) return
  if (Iterator.from(matching).drop(searchCostLimit).next().done !== true) {
    throw new ApiFailure(503, 1516, 'The request took too long because of _filter or _orderby')
  }
}
