import type { SparkqlProblem } from '../api/envelope.ts'
import { checkedComparison } from './check.ts'
import type { CheckContext } from './check.ts'
import { comparisonPredicate } from './evaluate.ts'
import type { Predicate } from './evaluate.ts'
import type { FilterContext } from './field.ts'
import { checkLimits } from './limits.ts'
import { parseSparkql } from './parser.ts'
import { inSourceZone } from './source-time.ts'
import type { Link, Term } from './tree.ts'

export interface CompiledFilter<Row> {
  readonly matches: Predicate<Row>
  /** Tokens that were dropped: the result is wider than what was asked for. */
  readonly problems: readonly SparkqlProblem[]
}

/**
 * A filter as the vendor's parser judges it (docs/spark-api.md §2.7). An empty one fits every row. The text becomes tokens and
 * a tree, the tree is held to the limits, each comparison is checked against its fields, and becomes a closure.
 * @throws {SparkqlError}
 */
export function compileFilter<Row>(filter: string, context: FilterContext<Row>): CompiledFilter<Row> {
  const links = parseSparkql(filter)
  checkLimits(links)
  const problems: SparkqlProblem[] = []
  const predicate = linksPredicate(links, 0, {
    resolve: (field) => context.resolve(field),
    now: inSourceZone(context.now()),
    locate: (id) => context.locate(id),
    problems,
  })
  return { matches: predicate ?? (() => true), problems }
}

interface Step<Row> {
  readonly isAlternative: boolean
  /** Undefined: dropped. */
  readonly fits: Predicate<Row> | undefined
}

/** Undefined if nothing is left after dropping. */
function linksPredicate<Row>(
  links: readonly Link[],
  level: number,
  context: CheckContext<Row>,
): Predicate<Row> | undefined {
  const steps = links.map((link, at) => stepOf(link, level, at === 0, context))
  const [first, second] = steps
  if (second === undefined) return first?.fits
  if (steps.every(({ fits }) => fits === undefined)) return undefined
  return (row) => isMatch(steps, row)
}

/**
 * From left to right, which makes `And` bind tighter than `Or`. A dropped term leaves its conjunction behind: what was true
 * before its `Or` is true for good.
 */
function isMatch<Row>(steps: readonly Step<Row>[], row: Row): boolean {
  let result: boolean | undefined
  for (const { isAlternative, fits } of steps) {
    if (result === true && isAlternative) return true
    if (fits === undefined) continue
    if (result === undefined || isAlternative) result = fits(row)
    else result &&= fits(row)
  }
  return result ?? true
}

function stepOf<Row>(
  { conjunction, term }: Link,
  level: number,
  isFirst: boolean,
  context: CheckContext<Row>,
): Step<Row> {
  const isNegated = conjunction === 'Not'
  const fits = termPredicate(isNegated && isFirst && level > 0 ? withoutNot(term) : term, level, context)
  return {
    isAlternative: conjunction === 'Or',
    fits: isNegated && fits !== undefined ? (row) => !fits(row) : fits,
  }
}

/** Within a group the vendor's parser keeps the outer one alone of two `Not` that begin it: `(Not (Not A Eq 1))`. */
function withoutNot(term: Term): Term {
  const [first, ...others] = term.kind === 'group' ? term.links : []
  if (first?.conjunction !== 'Not') return term
  return { kind: 'group', links: [{ ...first, conjunction: 'And' }, ...others] }
}

function termPredicate<Row>(
  term: Term,
  level: number,
  context: CheckContext<Row>,
): Predicate<Row> | undefined {
  if (term.kind === 'group') return linksPredicate(term.links, level + 1, context)
  const comparison = checkedComparison(term, context)
  return comparison && comparisonPredicate(comparison)
}
