import { outsideLimit } from './parameter-failure.ts'

/** The parameters of a list service (docs/spark-api.md §2.2–2.6), checked. Parameters that it does not know are passed over. */
export interface ListQuery {
  readonly limit: number
  /** Undefined if the parameter is absent, empty at the beginning of a walk. */
  readonly skipToken: string | undefined
  /** From 1. */
  readonly page: number
  readonly skip: number | undefined
  readonly pagination: 'none' | 'full' | 'count'
  readonly select: ReadonlySet<string> | undefined
  readonly expand: ReadonlySet<string>
  readonly filter: string
  readonly orderBy: readonly { readonly field: string; readonly descending: boolean }[]
}

const DEFAULT_LIMIT = 10
const MAX_PAGE = 100_000
const MAX_SKIP = 2_500_000

/** @throws {ApiFailure} 400/1053 */
export function listQuery(params: URLSearchParams, maxLimit: number): ListQuery {
  return {
    limit: wholeNumber(params, '_limit', 0, maxLimit) ?? DEFAULT_LIMIT,
    skipToken: skipToken(params.get('_skiptoken')),
    page: wholeNumber(params, '_page', 1, MAX_PAGE) ?? 1,
    skip: wholeNumber(params, '_skip', 0, MAX_SKIP),
    pagination: pagination(params.get('_pagination')),
    select: params.has('_select') ? new Set(names(params.get('_select'))) : undefined,
    expand: new Set(names(params.get('_expand'))),
    filter: params.get('_filter') ?? '',
    orderBy: names(params.get('_orderby')).map((name) => ({
      field: name.replace(/^[+-]/, ''),
      descending: name.startsWith('-'),
    })),
  }
}

function wholeNumber(params: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const text = params.get(name)
  if (text === null) return undefined
  if (!/^-?\d+$/.test(text)) throw outsideLimit(name, text, { name: 'Format', value: 'whole number' })
  const value = Number(text)
  if (value < min) throw outsideLimit(name, text, { name: 'MinValue', value: min })
  if (value > max) throw outsideLimit(name, text, { name: 'MaxValue', value: max })
  return value
}

function skipToken(text: string | null): string | undefined {
  if (text === null) return undefined
  if (/^\d{0,26}$/.test(text)) return text
  throw outsideLimit('_skiptoken', text, { name: 'Format', value: 'a SkipToken' })
}

function pagination(text: string | null): ListQuery['pagination'] {
  switch (text) {
    case null:
    case '0':
      return 'none'
    case '1':
      return 'full'
    case 'count':
      return 'count'
    default:
      throw outsideLimit('_pagination', text, { name: 'Inclusion', value: '0, 1, count' })
  }
}

/** A comma list whose quoted parts may hold commas themselves; blanks around a name are no part of it. */
function names(text: string | null): string[] {
  const items = text?.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []
  return items.map((item) => item.trim().replaceAll(/\\(.)/g, '$1')).filter((name) => name !== '')
}
