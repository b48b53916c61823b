import { SparkqlError } from './sparkql-error.ts'
import type { Comparison, Link, Operand } from './tree.ts'

/** The vendor's own (docs/spark-api.md §2.7). */
const MAX_EXPRESSIONS = 75
const MAX_VALUES = 200
const MAX_LEVELS = 2
const MAX_FUNCTION_LEVELS = 5

/** @throws {SparkqlError} 1041 for a filter that is valid and asks for too much */
export function checkLimits(links: readonly Link[]): void {
  const comparisons = [...comparisonsOf(links, 0)]
  const tooMany = comparisons[MAX_EXPRESSIONS]
  if (tooMany !== undefined) {
    throw new SparkqlError(1041, tooMany.operator, `More than ${MAX_EXPRESSIONS} expressions`)
  }
  for (const { left, values, operator } of comparisons) {
    if (values.length > MAX_VALUES) {
      throw new SparkqlError(1041, operator, `More than ${MAX_VALUES} values in a list`)
    }
    for (const operand of [left, ...values]) checkFunctions(operand, 0)
  }
}

function* comparisonsOf(links: readonly Link[], level: number): Generator<Comparison, void, undefined> {
  if (level > MAX_LEVELS) throw new SparkqlError(1041, '(', `More than ${MAX_LEVELS} levels of parentheses`)
  for (const { term } of links) {
    if (term.kind === 'comparison') yield term
    else yield* comparisonsOf(term.links, level + 1)
  }
}

function checkFunctions(operand: Operand, level: number): void {
  switch (operand.kind) {
    case 'call':
      if (level === MAX_FUNCTION_LEVELS) {
        throw new SparkqlError(1041, '(', `More than ${MAX_FUNCTION_LEVELS} functions in each other`)
      }
      if (operand.args.length > MAX_VALUES) {
        throw new SparkqlError(1041, operand.name, `More than ${MAX_VALUES} arguments of a function`)
      }
      for (const arg of operand.args) checkFunctions(arg, level + 1)
      return
    case 'arithmetic':
      checkFunctions(operand.left, level)
      checkFunctions(operand.right, level)
      return
    case 'negation':
    case 'parentheses':
      checkFunctions(operand.operand, level)
      return
    case 'literal':
    case 'field':
  }
}
