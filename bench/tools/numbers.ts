export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** @param share 0.99 for the value that 99 of 100 do not exceed */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** Of the environment. @throws {Error} for what is none */
export function wholeNumber(name: string, fallback: number): number {
  const value = process.env[name] ?? String(fallback)
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${name} must be a whole number above 0.`)
  return Number(value)
}
