import { mkdir, writeFile } from 'node:fs/promises'

import { kafkaClasses, propertiesFile, type JvmRuntime } from './jvm-commands.ts'
import { clusterOf } from './kafka-cluster.ts'
import { kafkaProperties, type KafkaNode } from './kafka-config.ts'
import { runCommand } from './run-command.ts'
import { StackError } from './stack-error.ts'

const formatMs = 90_000

/** Writes the node's settings and prepares its storage, unless it was prepared before. */
export async function formatNode(
  runtime: JvmRuntime,
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  signal: AbortSignal,
): Promise<void> {
  const { java, folder } = runtime
  const properties = propertiesFile(folder, node)
  await mkdir(folder, { recursive: true })
  await writeFile(properties, kafkaProperties(node, nodes, folder))
  const cluster = await clusterOf(folder, nodes.length)
  const format = ['format', '--ignore-formatted', '-t', cluster.id, '-c', properties]
  const args = ['-Xmx128m', ...kafkaClasses(runtime), 'kafka.tools.StorageTool', ...format]
  const { exitCode, stdout, stderr } = await runCommand(java, args, { timeoutMs: formatMs }, signal)
  if (exitCode === 0) return
  throw new StackError(
    'STACK_START_FAILED',
    `Kafka's storage in ${folder} cannot be prepared: ${(stderr + stdout).trim().slice(0, 500)} If its data is not needed, delete that folder and start again.`,
  )
}
