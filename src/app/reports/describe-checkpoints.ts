import type { CheckpointReport, ShownPass } from './checkpoint-report.ts'
import { age, grouped } from './phrases.ts'
import { alignColumns } from './table.ts'

const NAME_WIDTH = 13

/** For a person. `now` is milliseconds since 1970. */
export function describeCheckpoints(report: CheckpointReport, now: number): readonly string[] {
  const { prefix, generation, seq, source, truncation } = report
  const rows = [
    ['Feed', `${prefix}, generation ${generation}`],
    ['Source', source === null ? '–' : `${source.host}, user ${source.userId}, MLS ${source.mlsId}`],
    ['Transaction', `${grouped(seq)}, ${describeOwner(report, now)}`],
    ...Object.entries(report.watermarks).map(([name, at]) => [
      'Watermark',
      `${name}: ${at}, ${age(at, now)} ago`,
    ]),
    ...(truncation === null
      ? []
      : [['Truncated', `${truncation.topic}/${truncation.partition} ${truncation.detail}`]]),
  ]
  return [
    ...rows.map(([name = '', text = '']) => `${name.padEnd(NAME_WIDTH)}${text}`),
    '',
    ...alignColumns([PASS_HEADINGS, ...report.passes.map((pass) => passRow(pass))], [3, 4]),
    '',
    ...alignColumns([
      ['TOPIC', 'NEXT OFFSETS'],
      ...Object.entries(report.nextOffsets).map(([name, offsets]) => [name, offsets.join(' ')]),
    ]),
  ]
}

function describeOwner({ owner }: CheckpointReport, now: number): string {
  if (owner === null) return 'by nobody'
  const { host, pid, dataDir, version, aliveAt } = owner
  return `by process ${pid} on ${host} (version ${version}, DATA_DIR ${dataDir}), ${age(aliveAt, now)} ago`
}

const PASS_HEADINGS = ['PASS', 'STATE', 'BEGUN', 'PAGES', 'WALKED', 'AT', 'COMPLETED', 'ID']

function passRow(pass: ShownPass): readonly string[] {
  const { resource, state, startedAt, page, walked, completedAt, passId } = pass
  return [
    `${resource}/${pass.pass}`,
    state,
    startedAt,
    grouped(page),
    grouped(walked),
    placeOf(pass),
    completedAt ?? '–',
    passId,
  ]
}

/** Where an interrupted one goes on. */
function placeOf({ token, walkEnded, window }: ShownPass): string {
  if (token === null) return 'end'
  const slice = window === null ? '' : ` of the slice after ${window.after}`
  if (walkEnded) return `the walk's end${slice}`
  return token === '' ? `the beginning${slice}` : `token ${token}${slice}`
}
