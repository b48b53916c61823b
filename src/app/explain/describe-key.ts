import { grouped } from '../reports/phrases.ts'
import { alignColumns } from '../reports/table.ts'
import { describeDifference, shortValue } from './describe-difference.ts'
import type { KeyReport } from './explain-key.ts'
import type { ShownEntry } from './indexed-key.ts'
import type { KeyEvent } from './key-event.ts'
import type { SourceAnswer } from './source-answer.ts'

/** For a person. */
export function describeKey(report: KeyReport): readonly string[] {
  const { resource, key, history } = report
  if (!report.isKnown) {
    const asked = report.source === null ? ' "--ask" asks the source.' : ''
    return [
      `Nobody knows ${key} of ${resource}: it is not in the index, the topic or the dead letters.${asked}`,
      ...describeIndex(report),
      ...describeDepth(history),
      ...describeSource(report.source),
    ]
  }
  return [
    `${key} of ${resource}, partition ${history.partition} of ${history.topic}`,
    ...describeIndex(report),
    ...describeSource(report.source),
    ...describeHistory(report),
    ...describeDeletion(history.events),
    ...describeChanges(report),
    ...describeRelated(report),
    ...describeLetters(report),
    ...describePasses(report),
  ]
}

function describeIndex({ index: { from, why, known } }: KeyReport): readonly string[] {
  const where = from === 'daemon' ? 'index (by the daemon)' : 'index (in DATA_DIR)'
  if (known === null) return [`index: not known (${why ?? 'nobody has it'})`]
  return [`${where}: ${describeEntry(known.entry)}`]
}

function describeEntry(entry: ShownEntry | null): string {
  if (entry === null) return 'does not know it'
  const { state, offset, observedAt, modificationTimestamp, mlsId, request, masked, missing } = entry
  const parts = [
    state.replace('_', '-'),
    offset < 0 ? 'nothing of it in the topic' : `last record at offset ${offset}`,
    `${state === 'deleted' ? 'absent since' : 'last seen so'} ${observedAt}`,
    modificationTimestamp === null ? 'no stamp' : `stamp ${modificationTimestamp}`,
    ...(mlsId === null ? [] : [`MLS ${mlsId}`]),
    request === 0 ? 'rebuilt from the topic' : `request ${request}`,
    ...(masked === null || masked === 0 ? [] : [`masked fields: ${masked}`]),
    ...(missing === null ? [] : [`not shown since ${missing.since}, by complete sweeps: ${missing.sweeps}`]),
  ]
  return parts.join(', ')
}

const ANSWERS: Readonly<Record<SourceAnswer['kind'], string>> = {
  shown: 'has it',
  out_of_scope: "has it, and the feed's filter does not show it",
  gone: 'does not have it',
  inconclusive: 'gives no plain answer',
  refused: 'refuses it to the key',
  failed: 'failed to show it',
}

function describeSource(source: SourceAnswer | null): readonly string[] {
  if (source === null) return []
  const { kind, modificationTimestamp, parts, why } = source
  const more = [
    ...(modificationTimestamp === null ? [] : [`stamp ${modificationTimestamp}`]),
    ...(parts === null ? [] : [`${parts} parts`]),
    ...(why === null ? [] : [why]),
  ]
  return [`source: ${[ANSWERS[kind], ...more].join(', ')}`]
}

function describeHistory({ history }: KeyReport): readonly string[] {
  const rows = history.events.map((event) => [
    String(event.offset),
    event.at,
    event.type,
    event.why ?? '',
    event.modificationTimestamp ?? '–',
    event.passId ?? '',
  ])
  if (rows.length === 0) return ['events: none', ...describeDepth(history)]
  const table = alignColumns([['OFFSET', 'WRITTEN', 'TYPE', 'WHY', 'STAMP', 'PASS'], ...rows], [0])
  return ['events, newest first:', ...table.map((line) => `  ${line}`), ...describeDepth(history)]
}

function describeDepth({ isCut, lookedFrom }: KeyReport['history']): readonly string[] {
  return isCut ? [`  looked back to offset ${grouped(lookedFrom)}: there may be older ones`] : []
}

/** The last one's evidence, as its event says it. */
function describeDeletion(events: readonly KeyEvent[]): readonly string[] {
  const last = events.find(({ type }) => type !== 'Tombstone')
  if (last === undefined || last.deletion === null) return []
  const facts = Object.entries(last.deletion).filter(([, value]) => value !== null && value !== undefined)
  return ['deleted:', ...facts.map(([name, value]) => `  ${name}: ${shortValue(value)}`)]
}

function describeChanges({ changed }: KeyReport): readonly string[] {
  if (changed === null) return []
  const { from, to, fields } = changed
  const between = `between offsets ${from.offset} and ${to.offset}`
  if (fields.length === 0) return [`changed ${between}: nothing (${to.why ?? 'no reason'})`]
  return [
    `changed ${between}:`,
    ...fields.map(({ path, before, after }) => `  ${path}: ${describeDifference(before, after)}`),
  ]
}

function describeRelated({ related, index }: KeyReport): readonly string[] {
  return related.map(({ resource, last }) => {
    const known = index.known?.related.find((one) => one.resource === resource)
    const owed = known?.owed === true ? ['still to be read'] : []
    const event =
      last === null
        ? 'no event'
        : `${[last.type, last.why].filter((word) => word !== null).join(' ')} at offset ${last.offset}, written ${last.at}`
    const seen = known === undefined || known.entry === null ? [] : [`last seen so ${known.entry.observedAt}`]
    return `${resource}: ${[event, ...seen, ...owed].join(', ')}`
  })
}

function describeLetters({ deadLetters }: KeyReport): readonly string[] {
  return deadLetters.map(({ resource, reason, passId, at, settledAt }) => {
    const state = settledAt === null ? 'waits' : `settled ${settledAt}`
    return `dead letter of ${resource}, ${state}, written ${at} by pass ${passId}: ${reason}`
  })
}

function describePasses({ writers, passes, watermark }: KeyReport): readonly string[] {
  const wrote = writers.map(({ resource, pass, passId, markers }) => {
    const told = markers.map(({ event, at, detail }) => {
      return `${event.replace('_', ' ')} ${at}${detail === null ? '' : ` (${detail})`}`
    })
    return `pass ${passId}: ${pass} of ${resource}, ${told.join(', ')}`
  })
  const last = passes.map(({ pass, state, startedAt, completedAt }) => {
    const done = completedAt === null ? '' : `, last completed ${completedAt}`
    return `last ${pass}: ${state}, begun ${startedAt}${done}`
  })
  return [...wrote, ...last, ...(watermark === null ? [] : [`watermark: ${watermark}`])]
}
