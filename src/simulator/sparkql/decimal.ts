import type { ArithmeticOperator } from './tree.ts'

/** Places behind the point to which the vendor rounds. */
const PLACES = 20
const ONE = 10n ** BigInt(PLACES)

/**
 * As the vendor calculates, without the errors of binary fractions: 0.1 and 0.2 make 0.3. Whole numbers divide to the whole
 * number below; a remainder has the sign of the divisor.
 * @returns null where there is no result: division by zero, or a number that no JSON number holds
 */
export function calculate(
  operator: ArithmeticOperator,
  left: number,
  right: number,
  whole: boolean,
): number | null {
  if (!Number.isFinite(left) || !Number.isFinite(right)) return null
  const result = exact(operator, scaled(left), scaled(right), whole)
  return result === null ? null : finite(unscaled(result))
}

function exact(operator: ArithmeticOperator, a: bigint, b: bigint, whole: boolean): bigint | null {
  switch (operator) {
    case 'Add':
      return a + b
    case 'Sub':
      return a - b
    case 'Mul':
      return rounded(a * b, ONE)
    case 'Div':
      if (b === 0n) return null
      return whole ? floored(a, b) * ONE : rounded(a * ONE, b)
    case 'Mod':
      return b === 0n ? null : a - floored(a, b) * b
  }
}

function floored(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** `a / b`, halves away from zero. */
function rounded(a: bigint, b: bigint): bigint {
  const [n, d] = b < 0n ? [-a, -b] : [a, b]
  return n < 0n ? -((-n * 2n + d) / (d * 2n)) : (n * 2n + d) / (d * 2n)
}

function scaled(value: number): bigint {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  const places = PLACES + Number(exponent) - fraction.length
  const digits = BigInt(sign + whole + fraction)
  return places >= 0 ? digits * 10n ** BigInt(places) : rounded(digits, 10n ** BigInt(-places))
}

function unscaled(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString().padStart(PLACES + 1, '0')
  return Number(`${value < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`)
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
