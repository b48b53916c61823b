import { describeReport, exitCodeOf } from '../passes/pass-report.ts'
import type { RepublishedKey, RepublishReport } from '../passes/republish.ts'
import { grouped } from './phrases.ts'

type Fate = RepublishedKey['fate']

/** Of which keys nothing has to be said one by one: their event is in the topic. */
const PUBLISHED: ReadonlySet<Fate> = new Set(['republished', 'changed', 'published_meanwhile'])

const WORDS: Readonly<Record<Fate, string>> = {
  republished: 'republished',
  changed: 'had changed, and was published as that',
  published_meanwhile: 'was published since this was asked for, by another pass',
  dead_lettered: 'cannot be published: "listingstream dead-letters list" says why',
  passed_over: 'was left as it is: the source answered with something older than what is published',
  not_shown: 'is not shown by the source: whether it is deleted is for "purge" to prove',
  refused: 'is refused to the key by the source',
  failed: 'could not be read: the source failed',
  no_set: 'has none: its record is not live, or never had such parts',
}

const MOST_LEFT_TOLD = 20

/** For a person: the keys that got no event, the pass, and the sums. */
export function describeRepublish(report: RepublishReport): readonly string[] {
  const { resource } = report
  const { keys, left } = report.republished
  if (keys !== null) {
    const unpublished = keys.filter(({ fate }) => !PUBLISHED.has(fate))
    const sums = [...Map.groupBy(keys, ({ fate }) => fate)].map(([fate, of]) => `${of.length} ${fate}`)
    return [
      ...(keys.length <= MOST_LEFT_TOLD ? keys : unpublished).map(describeKey),
      ...describeReport(report),
      `keys of ${resource}: ${sums.join(', ')}`,
    ]
  }
  if (left === null || left.count === 0) return describeReport(report)
  const told = left.keys.slice(0, MOST_LEFT_TOLD)
  const more = left.count - told.length
  return [
    ...describeReport(report),
    `${grouped(left.count)} of ${resource} in the topic got no event: the source does not show them, or they cannot be read or published now. Whether they are deleted is for "purge" to prove.`,
    ...told.map((key) => `  ${key}`),
    ...(more === 0 ? [] : [`  and ${grouped(more)} more`]),
  ]
}

function describeKey({ key, fate, deletedSince }: RepublishedKey): string {
  if (deletedSince === null) return `${key} ${WORDS[fate]}`
  return `${key} is deleted since ${deletedSince}, and the source does not show it: its delete and its tombstone are in the topic`
}

export function republishExitCode(report: RepublishReport): number {
  const { keys } = report.republished
  return keys?.every(({ fate }) => PUBLISHED.has(fate)) === false ? 1 : exitCodeOf(report)
}
