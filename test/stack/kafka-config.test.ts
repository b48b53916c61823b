import { describe, expect, test } from 'vitest'

import { kafkaProperties } from '../../src/stack/kafka-config.ts'
import type { KafkaNode } from '../../src/stack/kafka-config.ts'

function node(id: number): KafkaNode {
  return { id, port: 9091 + id, controllerPort: 9990 + id }
}

function settingsOf(self: KafkaNode, nodes: readonly KafkaNode[]): Record<string, string> {
  const lines = kafkaProperties(self, nodes, '/data').trim().split('\n')
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

describe('kafkaProperties', () => {
  test('one broker asks for no replica that cannot exist', () => {
    expect(settingsOf(node(1), [node(1)])).toMatchObject({
      'default.replication.factor': '1',
      'min.insync.replicas': '1',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
    })
  })

  test('three brokers keep three replicas and go on with two', () => {
    const nodes = [node(1), node(2), node(3)]
    expect(settingsOf(node(2), nodes)).toMatchObject({
      'node.id': '2',
      'controller.quorum.voters': '1@127.0.0.1:9991,2@127.0.0.1:9992,3@127.0.0.1:9993',
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'transaction.state.log.min.isr': '2',
      'log.dirs': '/data/kafka-2',
    })
  })

  test('topics are never made by accident, and nothing listens beyond loopback', () => {
    const settings = settingsOf(node(1), [node(1)])
    expect(settings['auto.create.topics.enable']).toBe('false')
    expect(settings['listeners']).toBe('PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9991')
  })
})
