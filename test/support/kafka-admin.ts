import kafkajs from 'kafkajs'

import { testStack } from './test-stack.ts'

export type Admin = ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>

/** What an operator does to the cluster, by another client than the program's. */
export async function withAdmin(work: (admin: Admin) => Promise<void>): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...testStack().brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.disconnect()
  }
}
