import { isSubresource, type Replicated } from '../domain/resource.ts'
import type { DemoReading } from './demo-reader.ts'
import type { DemoResult, TopicResult } from './rehearse.ts'

export interface Summary {
  /** For a person, with a line break at its end. */
  readonly text: string
  /** Source and topics say the same, and the topics say it once and in order. */
  readonly equal: boolean
}

/** A number of each topic, as it is and as it has to be. */
interface Row {
  readonly name: string
  readonly remark: string
  readonly of: (topic: TopicResult) => readonly [actual: number, expected: number]
}

const PROBLEMS_SHOWN = 10

const KINDS: Readonly<Record<string, string>> = {
  SNAPSHOT: 'initial download',
  CREATED: 'new at the source',
  UPDATED: 'changed at the source',
  RESTORED: 'back at the source',
  deleted: 'gone, with proof',
  tombstone: 'one behind each; sets go by it alone',
}

const CHECKS: readonly Row[] = [
  {
    name: 'in the end',
    remark: 'in the topic, as at the source',
    of: ({ replay, comparison }) => [replay.latest.size, comparison.records],
  },
  { name: 'duplicates', remark: '', of: ({ replay }) => [replay.duplicates.length, 0] },
  { name: 'out of order', remark: '', of: ({ replay }) => [replay.disorder.length, 0] },
  {
    name: 'mismatches',
    remark: 'fields that differ from the source',
    of: ({ comparison }) => [comparison.differences.length, 0],
  },
  {
    name: 'in SQLite',
    remark: 'rows of the store that was rebuilt from the topics',
    of: ({ store, comparison }) => [store.rows, comparison.records],
  },
  {
    name: 'mismatches',
    remark: 'its values that differ from the source',
    of: ({ store }) => [store.comparison.differences.length, 0],
  },
]

export function summarize(result: DemoResult): Summary {
  const { topics, reading, onlyTouched, requests, faults, seconds } = result
  const rows = [...kindRows(topics), ...CHECKS]
  const wrong = rows.flatMap((row) =>
    topics
      .map((topic) => ({ topic, numbers: row.of(topic) }))
      .filter(({ numbers: [actual, expected] }) => actual !== expected)
      .map(
        ({ topic, numbers: [actual, expected] }) =>
          `${topic.resource.name}: ${row.name} ${actual}, not ${expected}`,
      ),
  )
  if (faults.fired !== faults.planned)
    wrong.push(`failures of the API ${faults.fired}, not ${faults.planned}`)
  const given = changesOf(reading.resource, topics)
  if (reading.changes !== given) wrong.push(`changes given to a subscriber ${reading.changes}, not ${given}`)
  const equal = wrong.length === 0
  const problems = topics.flatMap(problemsOf)
  const hidden = problems.length - PROBLEMS_SHOWN
  const lines = [
    equal
      ? 'In the topics and the store, each number as it had to be:'
      : 'In the topics and the store, with what had to be where it differs:',
    ...table(topics, rows),
    '',
    `${faults.fired} failures of the API, planned in advance, were survived in ${requests} requests.`,
    `${onlyTouched} records were only touched: they got a new timestamp, and no event.`,
    describeReading(reading),
    ...problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`),
    ...(hidden > 0 ? [`  … and ${hidden} more`] : []),
    equal
      ? `Equal, field by field: ${topics.map(describeTopic).join(', ')}; after ${seconds.toFixed(1)} s.`
      : `NOT EQUAL: ${wrong.join('; ')}.`,
  ]
  return { text: `${lines.join('\n')}\n`, equal }
}

/** A tombstone is part of the delete before it; where it comes alone, it is the delete. */
function changesOf(resource: Replicated, topics: readonly TopicResult[]): number {
  const counts = topics.find((topic) => topic.resource.name === resource.name)?.replay.counts ?? new Map()
  const alone = resource.events.deletion === 'tombstone'
  return [...counts].reduce((sum, [kind, count]) => sum + (kind === 'tombstone' && !alone ? 0 : count), 0)
}

/** What others show as lag counts the markers of transactions, too. */
function describeReading({ group, resource, changes, lag }: DemoReading): string {
  const partitions = lag.topics.flatMap((topic) => topic.partitions)
  const apart = partitions.reduce((sum, { end, committed }) => sum + end - committed, 0)
  const others = apart === 0 ? '' : `; end offsets less committed ones are ${apart} for good`
  return `Group ${group} was given ${changes} changes of ${resource.name} meanwhile; it is ${lag.behind} records behind${others}.`
}

/** Also of kinds that nobody expects. */
function kindRows(topics: readonly TopicResult[]): readonly Row[] {
  const kinds = new Set([
    ...Object.keys(KINDS),
    ...topics.flatMap(({ replay, expected }) => [...Object.keys(expected), ...replay.counts.keys()]),
  ])
  return [...kinds].map((kind) => ({
    name: kind,
    remark: KINDS[kind] ?? '',
    of: ({ replay, expected }) => [replay.counts.get(kind) ?? 0, expected[kind] ?? 0],
  }))
}

function describeTopic({ resource, comparison: { records, parts } }: TopicResult): string {
  return isSubresource(resource)
    ? `all ${records} sets of ${resource.part} (${parts} ${resource.part})`
    : `all ${records} ${resource.name}`
}

function problemsOf({ resource: { name }, comparison, replay, store }: TopicResult): readonly string[] {
  return [
    ...comparison.differences.map(({ key, field, problem }) => `${name} ${key} ${field}: ${problem}`),
    ...store.comparison.differences.map(
      ({ key, field, problem }) => `${name} in SQLite ${key} ${field}: ${problem}`,
    ),
    ...[...replay.duplicates, ...replay.disorder].map((problem) => `${name} ${problem}`),
  ]
}

/** Numbers as they were read; one that is not as it has to be says what that is. */
function table(topics: readonly TopicResult[], rows: readonly Row[]): readonly string[] {
  const widths = topics.map(({ resource }) => Math.max(10, resource.name.length + 2))
  const line = (name: string, cells: readonly string[], remark: string): string =>
    `${name.padEnd(14)}${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('')}  ${remark}`.trimEnd()
  return [
    line(
      '',
      topics.map(({ resource }) => resource.name),
      '',
    ),
    ...rows.map(({ name, remark, of }) =>
      line(
        name,
        topics.map((topic) => {
          const [actual, expected] = of(topic)
          return actual === expected ? String(actual) : `${actual}≠${expected}`
        }),
        remark,
      ),
    ),
  ]
}
