/** Tables of docs/performance.md, from what the parts have found. */
import { z } from 'zod'

import { aimText, number, spread } from './describe.ts'
import { FIGURE, isMet, type Figure } from './figure.ts'
import { MACHINE } from './machine.ts'

export const RESULT = z.object({
  part: z.string(),
  title: z.string(),
  machine: MACHINE,
  sizes: z.object({ listings: z.number(), many: z.number(), rounds: z.number() }),
  seconds: z.number(),
  figures: z.array(FIGURE),
})
export type Result = z.output<typeof RESULT>

/** @param results in the order in which they are to stand */
function figuresText(results: readonly Result[]): string {
  if (results.length === 0) return 'Not measured yet.'
  return [...machines(results), table(results.flatMap(({ figures }) => figures))].join('\n\n')
}

/** A paragraph for each machine, commit and day that results are of; it should be one, and tells its parts where it is not. */
function machines(results: readonly Result[]): readonly string[] {
  const parts = new Map<string, string[]>()
  for (const { part, machine, sizes } of results) {
    const { commit, date, node, cpu, cores, memoryGb, kernel } = machine
    const text =
      `\`make bench\` on ${date.slice(0, 10)}, commit ${commit}: ${sizes.rounds} rounds, Node ${node.slice(1)}, ` +
      `${cores} cores (${cpu}) that program, broker, registry and simulator share, ${memoryGb} GB, Linux ${kernel}.`
    parts.set(text, [...(parts.get(text) ?? []), `\`${part}\``])
  }
  const load = results[0]?.machine.loadBefore
  const before = load === undefined ? '' : ` The load was ${load.toFixed(1)} before.`
  return [...parts].map(([text, names], i) => {
    const whose = parts.size === 1 ? '' : ` Its parts: ${names.join(', ')}.`
    return wrapped(`${text}${i === 0 ? before : ''}${whose}`)
  })
}

/** As oxfmt would have it: padded, numbers to the right. */
function table(figures: readonly Figure[]): string {
  const head = ['what', 'figure', 'beside', 'ratio', 'aim']
  const rows = figures.map((one) => [
    one.what,
    `${number(one.value.median)} ${one.unit}`,
    one.against === null ? '' : `${one.against.what}: ${number(one.against.value.median)}`,
    one.ratio === null ? '' : ratioText(one.ratio),
    aim(one),
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), '|---|--:|---|--:|---|', ...rows.map(line)].join('\n')
}

function ratioText(ratio: NonNullable<Figure['ratio']>): string {
  return ratio.lowest === ratio.highest ? number(ratio.median) : spread(ratio)
}

function aim(one: Figure): string {
  const met = isMet(one)
  if (met === null) return ''
  return met ? `${aimText(one)}: met` : `**${aimText(one)}: not met**`
}

const WIDTH = 125

function wrapped(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

const BEGIN = '<!-- Made by `node bench/write-tables.ts` from docs/performance.json; not to be edited. -->'
const END = '<!-- The end of what is made. -->'

/** @throws {Error} if the text has no place for them */
export function withFigures(text: string, results: readonly Result[]): string {
  const from = text.indexOf(BEGIN)
  const to = text.indexOf(END)
  if (from < 0 || to < from) throw new Error('docs/performance.md has lost the markers of its figures.')
  return `${text.slice(0, from + BEGIN.length)}\n\n${figuresText(results)}\n\n${text.slice(to)}`
}
