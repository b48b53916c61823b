import type { GroupLag, TopicLag } from '../../consumer/lag/group-lag.ts'
import { printable } from '../../support/printable.ts'
import { grouped, span } from './phrases.ts'
import { alignColumns } from './table.ts'

const HEAD = ['GROUP', 'TOPIC', 'MEMBERS', 'VERDICT', 'BEHIND', 'TIME', 'RATE', 'CAUGHT UP']
const TO_THE_RIGHT = [2, 4, 5, 6, 7]

export interface LagText {
  readonly prefix: string
  readonly groups: readonly GroupLag[]
  /** Of the named groups, those that have committed nothing. */
  readonly absent: readonly string[]
  /** How long the looks span that tell, in milliseconds. */
  readonly watchedMs: number
}

/** For a person: a line for each group and topic, then a line for whatever somebody has to do something about. */
export function describeLag({ prefix, groups, absent, watchedMs }: LagText): readonly string[] {
  const missing = absent.map((group) => `${group} has committed no offset of a topic of ${prefix}.`)
  if (groups.length === 0) {
    return missing.length === 0
      ? [`No consumer group has committed an offset of a topic of ${prefix}.`]
      : missing.map(printable)
  }
  const rows = groups.flatMap((group) => group.topics.map((topic) => rowOf(group, topic)))
  const notes = groups.flatMap((group) => group.topics.flatMap((topic) => notesOn(group, topic, watchedMs)))
  const lines = [
    ...alignColumns([HEAD, ...rows], TO_THE_RIGHT),
    ...(notes.length + missing.length === 0 ? [] : ['', ...notes, ...missing]),
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
  const { uncommitted, beyondEnd } = topic
  const where = `${group} on ${topic.topic}`
  const notes = [
    ...verdictNotes(topic, members, watchedMs),
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

/** Where not all partitions are so, which are. */
function ofPartitions({ verdict, partitions }: TopicLag): string {
  const such = partitions.filter((partition) => partition.verdict === verdict)
  const others = partitions.length - such.length
  return others === 0 ? '' : ` of partition ${such.map(({ partition }) => partition).join(', ')}`
}

function verdictNotes(topic: TopicLag, members: number | null, watchedMs: number): readonly string[] {
  const hidden = members === null ? '; it does not show its members' : ''
  switch (topic.verdict) {
    case 'unknown':
      return [
        topic.rate === null
          ? 'was seen once: whether it moves is not known; watch it with --for 10s or --watch'
          : `has committed nothing${ofPartitions(topic)} in ${span(watchedMs)}, which does not tell whether it reads: Kafka Connect commits once a minute. A longer --for tells, 3m of most${hidden}`,
      ]
    case 'stalled':
      return [
        `has committed nothing${ofPartitions(topic)} for longer than it pauses between commits${hidden}`,
      ]
    case 'stopped':
      return ['has no members']
    case 'rewound':
      return ['was set back']
    case 'slow':
      return [`falls behind${ofPartitions(topic)}: more is published than it reads`]
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
