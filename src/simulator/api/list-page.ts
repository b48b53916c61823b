import { toJsonText } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Fault } from '../faults.ts'
import { compileFilter } from '../sparkql/filter.ts'
import type { CompiledFilter } from '../sparkql/filter.ts'
import { SparkqlError } from '../sparkql/sparkql-error.ts'
import { stumblingBlock } from './broken-data.ts'
import { ApiFailure, problemsMember } from './envelope.ts'
import type { Member } from './envelope.ts'
import type { KeyOrder } from './key-order.ts'
import type { ListQuery } from './list-query.ts'
import type { Listable, RowShape } from './listable.ts'
import { outsideLimit } from './parameter-failure.ts'
import { poisonedText } from './poison.ts'
import { refuseLongPage, refuseLongSearch } from './query-cost.ts'

/** What goes into an answer beside what was asked. */
export interface Circumstances {
  readonly behaviour: Behaviour
  readonly order: KeyOrder
  readonly fault: Fault | undefined
}

interface Page<Row> {
  readonly rows: readonly Row[]
  /** Undefined: no such member. */
  readonly token: string | null | undefined
}

/**
 * The members of `D` that answer a list query (docs/spark-api.md §2.1–2.3).
 * @throws {ApiFailure}
 */
export function listMembers<Row>(
  source: Listable<Row>,
  query: ListQuery,
  { behaviour, order, fault }: Circumstances,
): Member[] {
  refuse(query, fault)
  const filter = filterOf(source, query, fault)
  const members: Member[] = []
  if (filter.problems.length > 0) members.push(problemsMember(filter.problems))
  if (query.pagination !== 'none') {
    const total = countRows(source.rows(''), filter) + (fault?.kind === 'wrong-count' ? fault.by : 0)
    members.push(paginationMember(query, Math.max(0, total)))
  }
  if (query.pagination === 'count') {
    if (behaviour.countResults === 'empty') members.push(['Results', '[]'])
    return members
  }
  refuseLongPage(query, behaviour)
  refuseLongSearch(query, matching(source.rows(''), filter), behaviour)
  const { rows, token } = pageOf(source, query, filter, behaviour, fault)
  const { select, expand } = query
  const render = shown(source, { select, expand, single: query.limit === 1 }, order, behaviour)
  members.push(['Results', `[${rows.map(render).join(',')}]`])
  if (fault?.kind === 'token') members.push(['SkipToken', fault.json])
  else if (token !== undefined) members.push(['SkipToken', JSON.stringify(token)])
  return members
}

function refuse(query: ListQuery, fault: Fault | undefined): void {
  if (fault?.kind === 'refused-count' && query.pagination !== 'none') {
    throw new ApiFailure(400, 1053, '_pagination is not possible for this request')
  }
  if (fault?.kind === 'refused-token' && (query.skipToken ?? '') !== '') {
    throw new ApiFailure(400, fault.code, '_skiptoken is not one that was given out')
  }
}

function filterOf<Row>(
  source: Listable<Row>,
  query: ListQuery,
  fault: Fault | undefined,
): CompiledFilter<Row> {
  if (fault?.kind === 'sparkql-errors') {
    const { token, status } = fault
    return { matches: () => true, problems: [{ token, status, message: 'Part of the filter is left out' }] }
  }
  try {
    return compileFilter(query.filter, source)
  } catch (error) {
    if (!(error instanceof SparkqlError)) throw error
    throw new ApiFailure(400, error.code, error.message, [error.problem])
  }
}

function countRows<Row>(rows: Iterable<Row>, filter: CompiledFilter<Row>): number {
  let count = 0
  for (const row of rows) if (filter.matches(row)) count += 1
  return count
}

function paginationMember(query: ListQuery, total: number): Member {
  const totalPages = Math.max(1, Math.ceil(total / Math.max(1, query.limit)))
  const position = query.skip === undefined ? { CurrentPage: query.page } : { CurrentOffset: query.skip }
  const hash = { TotalRows: total, PageSize: query.limit, TotalPages: totalPages, ...position }
  return ['Pagination', JSON.stringify(hash)]
}

function pageOf<Row>(
  source: Listable<Row>,
  query: ListQuery,
  filter: CompiledFilter<Row>,
  behaviour: Behaviour,
  fault: Fault | undefined,
): Page<Row> {
  const { limit, skipToken } = query
  if (skipToken === undefined) {
    const offset = query.skip ?? (query.page - 1) * limit
    return { rows: take(ordered(source, query, filter), offset, limit), token: undefined }
  }
  const wanted = fault?.kind === 'short-page' ? Math.min(fault.rows, limit) : limit
  const found = take(matching(source.rows(skipToken), filter), 0, wanted + 1)
  const whole: Walk<Row> = { sent: skipToken, rows: found.slice(0, wanted), more: found.length > wanted }
  const walk = disturbed(source, whole, limit, fault)
  const token = nextToken(source, walk, behaviour, fault)
  return { rows: fault?.kind === 'reordered-page' ? walk.rows.toReversed() : walk.rows, token }
}

interface Walk<Row> {
  readonly sent: string
  readonly rows: readonly Row[]
  /** Rows are left behind these. */
  readonly more: boolean
}

function disturbed<Row>(
  source: Listable<Row>,
  walk: Walk<Row>,
  limit: number,
  fault: Fault | undefined,
): Walk<Row> {
  if (fault?.kind === 'empty-page') return { ...walk, rows: [], more: true }
  if (fault?.kind === 'repeated-page') return { ...walk, rows: take(source.rows(''), 0, limit), more: true }
  // Not the last one: the token hangs on it.
  if (fault?.kind === 'lost-rows') {
    return { ...walk, rows: walk.rows.toSpliced(0, Math.min(fault.rows, walk.rows.length - 1)) }
  }
  if (fault?.kind !== 'duplicate-row' || limit < 2) return walk
  const before = source.find(walk.sent)
  if (before === undefined) return { ...walk, rows: [...walk.rows, ...walk.rows.slice(-1)] }
  const rows = [before, ...walk.rows].slice(0, limit)
  return { ...walk, rows, more: walk.more || rows.length <= walk.rows.length }
}

function nextToken<Row>(
  source: Listable<Row>,
  walk: Walk<Row>,
  behaviour: Behaviour,
  fault: Fault | undefined,
): string | null | undefined {
  if (fault?.kind === 'false-end') return END_TOKENS[fault.token](walk.sent)
  if (fault?.kind === 'empty-page' || fault?.kind === 'repeated-page') return tokenBehind(walk.sent)
  if (fault?.kind === 'token-circle') {
    const [first, second] = take(source.rows(''), 0, 2).map((row) => source.keyOf(row))
    return walk.sent === first ? second : first
  }
  if (!walk.more && behaviour.endOfWalk !== 'empty-page')
    return END_TOKENS[END_OF[behaviour.endOfWalk]](walk.sent)
  const last = walk.rows.at(-1)
  return last === undefined ? walk.sent : source.keyOf(last)
}

const END_TOKENS = {
  absent: () => undefined,
  null: () => null,
  empty: () => '',
  same: (sent: string) => sent,
  first: () => tokenBehind(''),
} as const
const END_OF = {
  'repeated-token': 'same',
  'no-token': 'absent',
  'null-token': 'null',
  'empty-token': 'empty',
  'first-token': 'first',
} as const

/** A token above the one sent and below the next key: keys end in six zeros (docs/spark-api.md §1.2). */
function tokenBehind(sent: string): string {
  return (BigInt(sent === '' ? '0' : sent) + 1n).toString().padStart(26, '0')
}

function* matching<Row>(rows: Iterable<Row>, filter: CompiledFilter<Row>): Generator<Row, void, undefined> {
  for (const row of rows) if (filter.matches(row)) yield row
}

/** By `_orderby`, by any searchable field but long text (docs/spark-api.md §2.6), else by key. A walk by token is always by key (docs/spark-api.md §2.3). */
function ordered<Row>(source: Listable<Row>, query: ListQuery, filter: CompiledFilter<Row>): Iterable<Row> {
  const rows = matching(source.rows(''), filter)
  if (query.orderBy.length === 0) return rows
  const readers = query.orderBy.map(({ field, descending }) => {
    const reader = source.resolve(field)
    if (typeof reader === 'string' || !source.isSortable(field)) {
      throw outsideLimit('_orderby', field, { name: 'Inclusion', value: 'searchable fields' })
    }
    return { reader, sign: descending ? -1 : 1 }
  })
  return [...rows].sort((a, b) => {
    for (const { reader, sign } of readers) {
      const difference = compareValues(reader.value(a), reader.value(b))
      if (difference !== 0) return sign * difference
    }
    return 0
  })
}

function compareValues(a: JsonValue, b: JsonValue): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return toJsonText(a) < toJsonText(b) ? -1 : 1
}

function take<Row>(rows: Iterable<Row>, offset: number, count: number): Row[] {
  return Iterator.from(rows).drop(offset).take(count).toArray()
}

/** One row, as a list of one (docs/spark-api.md §1.3). @throws {ApiFailure} 404/404 */
export function oneMember<Row>(
  source: Listable<Row>,
  key: string,
  shape: Pick<ListQuery, 'select' | 'expand'>,
  { behaviour, order }: Circumstances,
): Member {
  const row = source.find(key)
  if (row === undefined) throw new ApiFailure(404, 404, 'Not found')
  return ['Results', `[${shown(source, { ...shape, alone: true, single: true }, order, behaviour)(row)}]`]
}

/** A row as it is sent. What a poisoned or a broken one holds of it is not selected where only some fields are. */
function shown<Row>(
  source: Listable<Row>,
  shape: RowShape,
  order: KeyOrder,
  behaviour: Pick<Behaviour, 'poisoned' | 'brokenSeconds'>,
): (row: Row) => string {
  const render = source.renderer(shape, order)
  if (shape.select !== undefined) return render
  const { poisoned } = behaviour
  const stumble = stumblingBlock(source, behaviour)
  if (stumble === undefined && Object.keys(poisoned).length === 0) return render
  return (row) => {
    stumble?.(row)
    const poison = poisoned[source.keyOf(row)]
    return poison === undefined ? render(row) : poisonedText(render(row), poison)
  }
}
