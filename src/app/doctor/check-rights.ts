/** What the user may do in Kafka, as far as the broker tells it: nothing is written to find out. */
import type { TopicNames } from '../../feed/topic-names.ts'
import type { Operation, TopicRights } from '../../kafka/authorized-operations.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { transactionalId } from '../../publisher/take-over.ts'
import { failed, ok, warning, wrong, type Finding } from './finding.ts'

/** docs/operations.md, "Rights in Kafka". */
const NEEDED: readonly Operation[] = ['Describe', 'DescribeConfigs', 'Read', 'Write']

/** @param topics of the feed, with its prefix */
export async function checkRights(
  cluster: KafkaCluster,
  names: TopicNames,
  topics: readonly string[],
  isFilled: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const rights = await cluster.authorizedOperations(topics, signal)
  if (rights === undefined) {
    const what = 'the brokers do not tell what this user may do'
    return [warning('rights', what, 'Compare the ACLs with docs/operations.md, "Rights in Kafka".')]
  }
  const lacking = [...rights].flatMap(([topic, of]) => lackOf(topic, of, names.prefix))
  const transactional = isFilled ? await checkTransactionalId(cluster, names, signal) : []
  if (lacking.length + transactional.length > 0) return [...lacking, ...transactional]
  const told = [...rights.values()].filter(({ kind }) => kind === 'told').length
  return [ok('rights', `${told} of ${topics.length} topics are there, and this user may read and write them`)]
}

export function lackOf(topic: string, rights: TopicRights, prefix: string): readonly Finding[] {
  const missing = missingOf(rights)
  if (missing.length === 0) return []
  const operations = missing.join(', ')
  return [
    wrong(
      'rights',
      `the user lacks ${operations} on topic ${topic}`,
      `Grant ${operations} on topics prefixed "${prefix}.", and what else docs/operations.md, "Rights in Kafka", lists.`,
    ),
  ]
}

function missingOf(rights: TopicRights): readonly Operation[] {
  switch (rights.kind) {
    case 'told':
      return NEEDED.filter((operation) => !rights.operations.has(operation))
    case 'refused':
      return NEEDED
    case 'missing':
    case 'untold':
      return []
  }
}

/** Of a feed that has written: the brokers would make their topic of transactions for one that has not. */
async function checkTransactionalId(
  cluster: KafkaCluster,
  names: TopicNames,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const id = transactionalId(names)
  try {
    await cluster.requireTransactionalId(id, signal)
    return []
  } catch (error) {
    const finding = failed('rights', error)
    return [{ ...finding, remedy: `Grant Describe and Write on transactional id "${id}".` }]
  }
}
