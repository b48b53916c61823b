import type {
  ArithmeticOperator,
  Comparison,
  Link,
  Operand,
  Term,
} from '../../../src/simulator/sparkql/tree.ts'

/** A filter as text, with no more parentheses than its tree needs. */
export function filterText(links: readonly Link[]): string {
  const [first, ...others] = links
  if (first === undefined) return ''
  const beginning = first.conjunction === 'Not' ? `Not ${termText(first.term)}` : termText(first.term)
  return [beginning, ...others.map(({ conjunction, term }) => `${conjunction} ${termText(term)}`)].join(' ')
}

function termText(term: Term): string {
  return term.kind === 'group' ? `(${filterText(term.links)})` : comparisonText(term)
}

function comparisonText({ left, operator, values }: Comparison): string {
  return `${operandText(left, 0)} ${operator} ${values.map((value) => operandText(value, 0)).join(',')}`
}

/** The higher, the tighter. */
export function bindingOf(operator: ArithmeticOperator): number {
  return operator === 'Add' || operator === 'Sub' ? 1 : 2
}

/** @param binding of what stands around: an operand that binds less goes into parentheses */
function operandText(operand: Operand, binding: number): string {
  switch (operand.kind) {
    case 'literal':
      return operand.text
    case 'field':
      return operand.name
    case 'call':
      return `${operand.name}(${operand.args.map((arg) => operandText(arg, 0)).join(',')})`
    case 'negation':
      // A sign before digits is theirs.
      return operand.operand.kind === 'literal'
        ? `- ${operandText(operand.operand, 3)}`
        : `-${operandText(operand.operand, 3)}`
    case 'parentheses':
      return `(${operandText(operand.operand, 0)})`
    case 'arithmetic': {
      const own = bindingOf(operand.operator)
      const text = `${operandText(operand.left, own)} ${operand.operator} ${operandText(operand.right, own + 1)}`
      return own < binding ? `(${text})` : text
    }
  }
}
