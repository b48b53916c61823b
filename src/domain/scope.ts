/** What of a resource a feed replicates: settings of the operator, which he may change at any time. */
import { parseJson } from '../support/parse-json.ts'

export interface Scope {
  /** SparkQL; empty for all records. */
  readonly filter: string
  /** Fields that are asked for (`_select`), beside those that replication needs; empty for all. */
  readonly select: readonly string[]
  /** `_expand` wherever whole records are asked for (docs/spark-api.md §2.5); null for none. */
  readonly expand: string | null
}

/** All records, with all that the source says unasked. */
export const WHOLE: Scope = { filter: '', select: [], expand: null }

/** The same for two scopes only if they are alike; empty for `WHOLE`. */
export function scopeText({ filter, select, expand }: Scope): string {
  if (filter === '' && select.length === 0 && expand === null) return ''
  return JSON.stringify({ filter, select: [...new Set(select)].toSorted(), expand })
}

/**
 * Whether a pass that noted this text ran under the scope.
 *
 * @param noted null: by a version that knew no scope: of all records with all their fields, whatever it expanded
 */
export function isUnder(noted: string | null, scope: Scope): boolean {
  if (noted === null) return scope.filter === '' && scope.select.length === 0
  return noted === scopeText(scope)
}

/** Whether records that were in the scope of that text may be outside of this one. */
export function mayHaveLeft(noted: string | null, { filter }: Scope): boolean {
  return filter !== '' && filter !== filterOf(noted)
}

function filterOf(noted: string | null): string {
  const scope = noted === null ? undefined : parseJson(noted)
  const isScope = typeof scope === 'object' && scope !== null && 'filter' in scope
  return isScope && typeof scope.filter === 'string' ? scope.filter : ''
}
