import kafkajs, { type Admin } from 'kafkajs'

import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'

const IN_SYNC_WITHIN_MS = 20_000

/** A data topic before the program makes it, as an operator may have made it. @param name of its resource */
export async function makeTopic(
  arena: Arena,
  name: string,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const topic = `${arena.prefix}.${name}`
  await asAdmin(arena, async (admin) => {
    await admin.createTopics({
      // It gives up on a busy broker that does not know yet of what it has just made.
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: Number(arena.settings['KAFKA_PARTITIONS']),
          configEntries: Object.entries({ 'cleanup.policy': 'compact', ...configs }).map(([name, value]) => ({
            name,
            value,
          })),
        },
      ],
    })
    while (!(await admin.listTopics()).includes(topic)) await sleep(100, arena.signal)
  })
}

export async function deleteDataTopic(arena: Arena, name: string): Promise<void> {
  await asAdmin(arena, (admin) => admin.deleteTopics({ topics: [`${arena.prefix}.${name}`] }))
}

/** As an operator might, who does not know what a key's partition follows from. */
export async function addPartitions(arena: Arena, name: string, count: number): Promise<void> {
  const topicPartitions = [{ topic: `${arena.prefix}.${name}`, count }]
  await asAdmin(arena, async (admin) => void (await admin.createPartitions({ topicPartitions })))
}

export async function setCleanupPolicy(arena: Arena, name: string, value: string): Promise<void> {
  await asAdmin(arena, async (admin) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: `${arena.prefix}.${name}`,
          configEntries: [{ name: 'cleanup.policy', value }],
        },
      ],
    })
  })
}

/** So that hundreds of runs do not pile up on one broker. */
export async function deleteTopics(arena: Arena): Promise<void> {
  await asAdmin(arena, async (admin) => {
    const topics = await admin.listTopics()
    const own = topics.filter((topic) => arena.prefixes.some((prefix) => topic.startsWith(`${prefix}.`)))
    await admin.deleteTopics({ topics: own })
  })
}

/** Resolves when every replica of every topic has what its leader has, as an operator waits for it in a rolling restart. */
export async function allInSync(arena: Arena): Promise<void> {
  const until = performance.now() + IN_SYNC_WITHIN_MS
  await asAdmin(arena, async (admin) => {
    for (;;) {
      const { topics } = await admin.fetchTopicMetadata()
      const behind = topics.flatMap(({ partitions }) =>
        partitions.filter(({ isr, replicas }) => isr.length < replicas.length),
      )
      // A replica that does not come back is the cluster's trouble; the program has to live with it.
      if (behind.length === 0 || performance.now() > until) return
      await sleep(200, arena.signal)
    }
  })
}

async function asAdmin(arena: Arena, work: (admin: Admin) => Promise<void>): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [...arena.cluster.directBrokers],
    clientId: 'torture',
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.disconnect()
  }
}
