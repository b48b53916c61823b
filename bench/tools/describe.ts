/** Figures as people read them. */
import { isMet, type Figure } from './figure.ts'

type Spread = Figure['value']

/** One line for a terminal. */
export function describeFigure(one: Figure): string {
  const against = one.against === null ? '' : `, ${one.against.what} ${number(one.against.value.median)}`
  const ratio = one.ratio === null ? '' : `, ratio ${spread(one.ratio)}`
  const met = isMet(one)
  const aim = met === null ? '' : `  ${met ? 'met' : 'NOT MET'}: ${aimText(one)}`
  return `  ${one.what}: ${number(one.value.median)} ${one.unit}${against}${ratio}${aim}\n`
}

/** `≥ 0.75`; empty without an aim. */
export function aimText({ aim, unit }: Figure): string {
  if (aim === null) return ''
  const of = aim.of === 'value' ? ` ${unit}` : ''
  if (aim.atLeast !== undefined) return `≥ ${aim.atLeast}${of}`
  return `≤ ${aim.atMost ?? ''}${of}`
}

export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}

export function spread({ median, lowest, highest }: Spread): string {
  return `${number(median)} (${number(lowest)} to ${number(highest)})`
}
