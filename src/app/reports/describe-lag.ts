import type { GroupLag, TopicLag } from '../../consumer/lag/group-lag.ts'
import { printable } from '../../support/printable.ts'
import { grouped, span } from './phrases.ts'
import { alignColumns } from './table.ts'

const HEAD = ['GROUP', 'TOPIC', 'MEMBERS', 'VERDICT', 'BEHIND', 'TIME', 'RATE', 'CAUGHT UP']
const TO_THE_RIGHT = [2, 4, 5, 6, 7]

export interface LagText {
  readonly prefix: string
  readonly groups: readonly GroupLag[]
  /** For how long they were watched, in milliseconds. */
  readonly watchedMs: number
}

/** For a person: a line for each group and topic, then a line for whatever somebody has to do something about. */
export function describeLag({ prefix, groups, watchedMs }: LagText): readonly string[] {
  if (groups.length === 0) return [`No consumer group has committed an offset of a topic of ${prefix}.`]
  const rows = groups.flatMap((group) => group.topics.map((topic) => rowOf(group, topic)))
  const notes = groups.flatMap((group) => group.topics.flatMap((topic) => notesOn(group, topic, watchedMs)))
  const lines = [
    ...alignColumns([HEAD, ...rows], TO_THE_RIGHT),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ]
  return lines.map(printable)
}

function rowOf({ group, members }: GroupLag, topic: TopicLag): readonly string[] {
  const { verdict, behind, exact, behindMs, rate, catchUpMs } = topic
  return [
    group,
    topic.topic,
    members === null ? '?' : String(members),
    verdict,
    `${exact ? '' : '~'}${grouped(behind)}`,
    behind === 0 ? '–' : span(behindMs),
    rate === null ? '–' : `${perSecond(rate)}/s`,
    behind === 0 ? 'now' : catchUpMs === null ? '–' : `in ${span(catchUpMs)}`,
  ]
}

function perSecond(rate: number): string {
  return rate > 0 && rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate))
}

function notesOn({ group, members }: GroupLag, topic: TopicLag, watchedMs: number): readonly string[] {
  const { verdict, uncommitted, beyondEnd } = topic
  const where = `${group} on ${topic.topic}`
  const notes = [
    ...verdictNotes(verdict, members, watchedMs),
    ...deleteNotes(topic),
    ...(uncommitted === 0
      ? []
      : [`has committed no offset of ${uncommitted} partition(s) that hold something: not counted`]),
    ...(beyondEnd
      ? [
          'stands beyond the last stable offset: it reads what is not committed (set isolation.level=read_committed), or the topic was made anew',
        ]
      : []),
  ]
  return notes.map((note) => `${where} ${note}`)
}

function verdictNotes(
  verdict: TopicLag['verdict'],
  members: number | null,
  watchedMs: number,
): readonly string[] {
  switch (verdict) {
    case 'unknown':
      return ['was seen once: whether it moves is not known; watch it with --for 10s or --watch']
    case 'stalled':
      return [
        `has committed nothing in ${span(watchedMs)}${members === null ? ', and does not show its members' : ''}; one that commits less often needs a longer --for`,
      ]
    case 'stopped':
      return ['has no members']
    case 'rewound':
      return ['was set back']
    case 'slow':
      return ['falls behind: more is published than it reads']
    case 'ok':
      return []
  }
}

function deleteNotes({ deletes: { state, leftMs } }: TopicLag): readonly string[] {
  switch (state) {
    case 'safe':
      return []
    case 'will_lose':
      return [
        leftMs === null || leftMs === 0
          ? 'LOSES DELETES from now on: tombstones that it has not read may vanish with the next cleaning'
          : `WILL LOSE DELETES in ${span(leftMs)}: tombstones that it has not read may vanish from then on, before it gets there`,
      ]
    case 'may_have_lost':
      return [
        'MAY HAVE LOST DELETES: tombstones may have vanished from what it has still to read. If it began less than delete.retention.ms ago it has lost none; else let it begin anew, with an empty store',
      ]
    case 'passed_gap':
      return [
        'HAS PASSED A GAP in which deletes may have vanished: what it missed does not come again. Let it begin anew, with an empty store',
      ]
  }
}
