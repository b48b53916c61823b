/** Where dead letters may go: nowhere that a feed reads, or its publisher and its readers meet records that are none of theirs. */
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { KafkaError } from '../../kafka/errors.ts'
import { topicNames } from '../../feed/topic-names.ts'
import { ConsumerDeadLetterTopic } from './consumer-errors.ts'

type Asked = Pick<KafkaCluster, 'describeTopics' | 'partitionCount'>

const POLICY = 'cleanup.policy'

/** Whether a topic of that name is one of the feed's, now or in a later version. */
export function isOfFeed(topic: string, prefix: string): boolean {
  return topic.startsWith(`${prefix}.`)
}

/**
 * What the rights of the user do not show is taken to be right: whoever may only write to the topic can use it.
 *
 * @throws {ConsumerDeadLetterTopic} CONSUMER_DEAD_LETTER_TOPIC: it has to be there before the first letter, not compacted
 *   and not beside the checkpoints of a feed
 */
export async function requireDeadLetterTopic(
  cluster: Asked,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  if (!(await exists(cluster, topic, signal))) throw new ConsumerDeadLetterTopic(topic, 'does not exist')
  // Beside a feed's own data topics, which are compacted, it has one that is not: `control`.
  const checkpoints = checkpointsBeside(topic)
  if (checkpoints !== null && (await ifAllowed(exists(cluster, checkpoints, signal)))) {
    throw new ConsumerDeadLetterTopic(topic, `is a feed's, for there is ${checkpoints}, too`)
  }
  const described = await ifAllowed(cluster.describeTopics([topic], signal, [POLICY]))
  const policy = described?.get(topic)?.configs[POLICY] ?? ''
  if (policy.split(',').some((part) => part.trim() === 'compact')) {
    throw new ConsumerDeadLetterTopic(topic, 'is compacted, so that of each key one letter would be left')
  }
}

function checkpointsBeside(topic: string): string | null {
  const end = topic.lastIndexOf('.')
  return end <= 0 ? null : topicNames(topic.slice(0, end)).checkpoints
}

async function exists(
  cluster: Pick<KafkaCluster, 'partitionCount'>,
  topic: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await cluster.partitionCount(topic, signal)) > 0
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'KAFKA_TOPIC_MISSING') return false
    throw error
  }
}

/** Undefined if the user may not know. */
async function ifAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'KAFKA_UNAUTHORIZED') return undefined
    throw error
  }
}
