import kafkajs, { type Admin } from 'kafkajs'

import type { Arena } from './arena.ts'

/** The data topic before the program makes it, as an operator may have made it. */
export async function makeTopics(arena: Arena, configs: Readonly<Record<string, string>>): Promise<void> {
  await asAdmin(arena, async (admin) => {
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: `${arena.prefix}.listings`,
          numPartitions: Number(arena.settings['KAFKA_PARTITIONS']),
          configEntries: Object.entries({ 'cleanup.policy': 'compact', ...configs }).map(([name, value]) => ({
            name,
            value,
          })),
        },
      ],
    })
  })
}

export async function deleteDataTopic(arena: Arena): Promise<void> {
  await asAdmin(arena, (admin) => admin.deleteTopics({ topics: [`${arena.prefix}.listings`] }))
}

/** So that hundreds of runs do not pile up on one broker. */
export async function deleteTopics(arena: Arena): Promise<void> {
  const names = ['listings', 'checkpoints', 'control', 'dead-letters'].map(
    (name) => `${arena.prefix}.${name}`,
  )
  await asAdmin(arena, async (admin) => {
    const known = new Set(await admin.listTopics())
    await admin.deleteTopics({ topics: names.filter((name) => known.has(name)) })
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
