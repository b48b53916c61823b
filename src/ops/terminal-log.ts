/** Log lines for people: each is one line, with what matters of its fields. */
import { prettyFactory } from 'pino-pretty'

import { describeOutlook } from './walk-totals.ts'

type Fields = Readonly<Record<string, unknown>>

/** Told in another way, or of use only to programs. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'feed',
  'resource',
  'pass',
  'passId',
  'event',
  'startedAt',
  'filter',
  'page',
  'pages',
  'walked',
  'total',
  'percent',
  'secondsLeft',
  'detail',
  'err',
])
const LONGEST_VALUE = 200

/** Takes the JSON of a line, answers that line with its break. */
export function terminalLines(colors: boolean): (json: string) => string {
  return prettyFactory({
    colorize: colors,
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
    messageFormat: (log) => describeLine(log),
  })
}

/** Without time and level. Only a bug has more than one line: where it was thrown. */
export function describeLine(log: Fields): string {
  const feed = text(log['feed'])
  const body = isProgress(log) ? describeProgress(log) : describeMessage(log)
  return `${feed === '' ? '' : `${feed}: `}${body}${describeError(log['err'])}`
}

function isProgress({ event, walked }: Fields): boolean {
  return event === 'pass-goes-on' && typeof walked === 'number'
}

function describeProgress({ resource, pass, walked, total, percent, secondsLeft, counts }: Fields): string {
  const outlook = {
    total: number(total),
    percent: number(percent),
    secondsLeft: number(secondsLeft),
  }
  const further = describeCounts(counts)
  return `${text(pass)} of ${text(resource)}: ${describeOutlook(number(walked) ?? 0, outlook)}${further === '' ? '' : `; ${further}`}`
}

function describeMessage(log: Fields): string {
  const { msg, resource, pass, walked, detail } = log
  const where = typeof pass === 'string' ? `${pass} of ${text(resource)}: ` : ''
  const shown = typeof walked === 'number' ? [`${walked.toLocaleString('en-US')} walked`] : []
  const counts = [describeCounts(log['counts']), describeCounts(log['deletes'])].filter((each) => each !== '')
  const others = Object.entries(log)
    .filter(([name]) => !LEFT_OUT.has(name) && name !== 'counts' && name !== 'deletes')
    .map(([name, value]) => `${name} ${plain(value)}`)
  const facts = [...shown, ...counts, ...(typeof detail === 'string' ? [detail] : []), ...others]
  return `${where}${text(msg)}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
}

/** Those that are not 0. */
function describeCounts(counts: unknown): string {
  if (typeof counts !== 'object' || counts === null) return ''
  const some = Object.entries(counts).filter(([, count]) => typeof count === 'number' && count > 0)
  return some.map(([name, count]) => `${Number(count).toLocaleString('en-US')} ${name}`).join(', ')
}

function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { message, code, stack } = error as Fields
  if (typeof stack === 'string') return `\n${stack}`
  return `: ${text(message)}${typeof code === 'string' ? ` [${code}]` : ''}`
}

function plain(value: unknown): string {
  const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return written.length > LONGEST_VALUE ? `${written.slice(0, LONGEST_VALUE)}…` : written
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
