/**
 * How sets of parts are fetched (setting `MEDIA_FETCH`). `single`: one request for each; `expand`: many in one list of their
 * records; `auto`: by how many are due.
 */
export type SetsWay = 'auto' | 'single' | 'expand'

/**
 * Of so many sets, one list takes half the time of single requests; of fewer the same, with more than twice the bytes
 * (docs/performance.md, "Sets of parts").
 */
export const EXPAND_FROM = 5

/** A page with its expansions is large, and slow for the source (docs/spark-api.md §5, 26). */
export const SETS_IN_A_LIST = 50
