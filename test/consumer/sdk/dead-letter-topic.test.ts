import { expect, test } from 'vitest'

import { requireDeadLetterTopic } from '../../../src/consumer/sdk/dead-letter-topic.ts'
import { KafkaError, KafkaUnauthorizedError } from '../../../src/kafka/errors.ts'
import { NEVER } from '../../events/sample.ts'

type Cluster = Parameters<typeof requireDeadLetterTopic>[0]

function refuse(): never {
  throw new KafkaUnauthorizedError('no right', null)
}

/** @param describe of the settings */
function clusterOf(topics: readonly string[], describe: (name: string) => Record<string, string>): Cluster {
  return {
    partitionCount: async (topic) => {
      if (topics.includes(topic)) return 1
      if (topic.endsWith('.checkpoints')) return refuse()
      throw new KafkaError('none', { code: 'KAFKA_TOPIC_MISSING' })
    },
    describeTopics: async ([name = '']) =>
      new Map([[name, { name, partitions: 1, replicationFactor: 1, configs: describe(name) }]]),
  }
}

test('a topic of which the user may see no settings and no neighbours is taken for dead letters', async () => {
  await requireDeadLetterTopic(clusterOf(['my.letters'], refuse), 'my.letters', NEVER)
})

test('a topic that the user may not see at all is no topic for dead letters', async () => {
  const cluster = { ...clusterOf([], refuse), partitionCount: async () => refuse() }
  await expect(requireDeadLetterTopic(cluster, 'my.letters', NEVER)).rejects.toMatchObject({
    code: 'KAFKA_UNAUTHORIZED',
  })
})

test.each(['compact', 'compact,delete', 'delete, compact'])(
  'a topic with cleanup.policy=%s is refused',
  async (policy) => {
    const cluster = clusterOf(['letters'], () => ({ 'cleanup.policy': policy }))
    await expect(requireDeadLetterTopic(cluster, 'letters', NEVER)).rejects.toMatchObject({
      code: 'CONSUMER_DEAD_LETTER_TOPIC',
      message: expect.stringContaining('cleanup.policy=delete'),
    })
  },
)

test('a topic with cleanup.policy=delete is taken', async () => {
  await requireDeadLetterTopic(
    clusterOf(['letters'], () => ({ 'cleanup.policy': 'delete' })),
    'letters',
    NEVER,
  )
})
