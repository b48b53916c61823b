import { expect, test } from 'vitest'

import { connectKafka } from '../../../../src/kafka/cluster.ts'
import { commitOffsets } from '../../../consumer/lag/groups.ts'
import { runCli } from '../../../fixtures/cli.ts'
import { tempFolder } from '../../../fixtures/temp-folder.ts'
import { testStack, uniqueTopicPrefix } from '../../../fixtures/test-stack.ts'

const never = new AbortController().signal

test('a named group that has committed nothing is told, and is no success', async () => {
  const prefix = uniqueTopicPrefix()
  const topic = `${prefix}.listings`
  const { brokers, registryUrl } = testStack()
  await using cluster = await connectKafka({ brokers, clientId: prefix }, never)
  await cluster.createTopics(
    [{ name: topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } }],
    never,
  )
  const there = `${prefix}.there`
  await commitOffsets(cluster, there, topic, [0])
  await using folder = await tempFolder()
  const settings = {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    TOPIC_PREFIX: prefix,
  }
  const lag = (...args: readonly string[]) =>
    runCli({ args: ['lag', '--for', '0s', ...args], settings, folder: folder.path }, never)

  expect(await lag('--group', there)).toMatchObject({ code: 0, stdout: expect.stringContaining(there) })
  const slip = await lag('--group', 'nosuch')
  expect(slip).toMatchObject({ code: 1, stdout: `nosuch has committed no offset of a topic of ${prefix}.\n` })
  const { code, stdout } = await lag('--json', '--group', there, 'nosuch')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ groupsNotFound: ['nosuch'], groups: [{ group: there }] })
})
