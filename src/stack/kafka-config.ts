import { join } from 'node:path'

import { loopback } from './ports.ts'

/** One node, broker and controller in one process (KRaft combined mode). */
export interface KafkaNode {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
}

/**
 * `server.properties` of `node` in a cluster of `nodes`. Small coordinator topics make the first start and the first
 * consumer group fast; replication follows the number of nodes, up to 3.
 */
export function kafkaProperties(node: KafkaNode, nodes: readonly KafkaNode[], dataFolder: string): string {
  const replicas = Math.min(3, nodes.length)
  const inSync = Math.max(1, replicas - 1)
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes
      .map(({ id, controllerPort }) => `${id}@${loopback}:${controllerPort}`)
      .join(','),
    listeners: `PLAINTEXT://${loopback}:${node.port},CONTROLLER://${loopback}:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${node.port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dataFolder, `kafka-${node.id}`),
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'offsets.load.buffer.size': 1024 * 1024,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
