/** What the brokers' settings mean for a feed, where they differ from what it would choose: told once at a start. */
import type { TopicDescription } from '../kafka/cluster.ts'

export const REMARKED_CONFIGS = [
  'compression.type',
  'max.message.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'message.timestamp.type',
] as const

export interface TopicRemark {
  readonly topic: string
  readonly level: 'info' | 'warn'
  /** The setting, its value, and what follows. */
  readonly text: string
}

const DAY_MS = 24 * 3_600_000
/** A listing and a part of a dead letter have up to 900,000 bytes. */
const ROOMY_BYTES = 1_000_000

export function remarksOn(topics: readonly TopicDescription[]): readonly TopicRemark[] {
  return topics.flatMap((topic) => {
    const { name, configs } = topic
    return RULES.flatMap((rule) => {
      const found = rule(configs, topic)
      return found === undefined ? [] : [{ topic: name, ...found }]
    })
  })
}

type Rule = (
  configs: Readonly<Record<string, string>>,
  topic: TopicDescription,
) => Omit<TopicRemark, 'topic'> | undefined

const RULES: readonly Rule[] = [
  ({ 'compression.type': codec = 'producer' }) =>
    codec === 'producer'
      ? undefined
      : info(
          `compression.type=${codec}: the broker stores that, whatever KAFKA_COMPRESSION says; it is read`,
        ),
  ({ 'max.message.bytes': text }) => {
    const bytes = Number(text)
    return text === undefined || bytes >= ROOMY_BYTES
      ? undefined
      : warn(
          `max.message.bytes=${text}: batches and parts of dead letters are made smaller, and a larger listing is a dead letter; raise it to 1048588 or more`,
        )
  },
  ({ 'min.insync.replicas': text = '1' }, { replicationFactor }) =>
    replicationFactor < 3 || Number(text) > 1
      ? undefined
      : warn(
          `min.insync.replicas=${text} with ${replicationFactor} replicas: an acknowledged event can be lost with one broker; set 2`,
        ),
  ({ 'unclean.leader.election.enable': text }) =>
    text === 'true'
      ? warn('unclean.leader.election.enable=true: acknowledged events can be lost with a broker; set false')
      : undefined,
  ({ 'message.timestamp.type': text }) =>
    text === 'LogAppendTime'
      ? info(
          "message.timestamp.type=LogAppendTime: records carry the broker's time; the events' own is in ce_time",
        )
      : undefined,
  ({ 'cleanup.policy': policy, 'delete.retention.ms': text }) =>
    policy === 'compact' && text !== undefined && Number(text) < DAY_MS
      ? warn(
          `delete.retention.ms=${text}: a subscriber that is away for longer misses tombstones, and the index is rebuilt if it is older than half of it`,
        )
      : undefined,
]

function info(text: string): Omit<TopicRemark, 'topic'> {
  return { level: 'info', text }
}

function warn(text: string): Omit<TopicRemark, 'topic'> {
  return { level: 'warn', text }
}
