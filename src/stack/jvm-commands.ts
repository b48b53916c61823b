/** What is started on the JVM, and how. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { DetachedCommand } from './detached-process.ts'
import type { StackJars } from './downloads.ts'
import type { KafkaNode } from './kafka-config.ts'
import { loopback } from './ports.ts'

const log4jFile = fileURLToPath(new URL('../../stack/log4j2.properties', import.meta.url))

export const registryName = 'registry'

export interface JvmRuntime {
  readonly java: string
  readonly jars: StackJars
  /** Of data and logs. */
  readonly folder: string
  /** Heap of each broker, MB. */
  readonly kafkaHeapMb: number
}

export function kafkaName(node: KafkaNode): string {
  return `kafka-${node.id}`
}

export function logFile(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`)
}

export function propertiesFile(folder: string, node: KafkaNode): string {
  return join(folder, `${kafkaName(node)}.properties`)
}

/** For the JVM of a broker and of its tools. */
export function kafkaClasses({ jars }: Pick<JvmRuntime, 'jars'>): readonly string[] {
  return [`-Dlog4j2.configurationFile=${log4jFile}`, '-cp', jars.kafkaClassPath]
}

export function kafkaCommand(runtime: JvmRuntime, node: KafkaNode): DetachedCommand {
  const { java, folder, kafkaHeapMb } = runtime
  const heap = [`-Xms${Math.min(256, kafkaHeapMb)}m`, `-Xmx${kafkaHeapMb}m`]
  const jvm = ['-XX:+UseG1GC', '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true']
  return {
    file: java,
    args: [...heap, ...jvm, ...kafkaClasses(runtime), 'kafka.Kafka', propertiesFile(folder, node)],
    logFile: logFile(folder, kafkaName(node)),
  }
}

export function registryCommand({ java, jars, folder }: JvmRuntime, port: number): DetachedCommand {
  const settings = [
    `-Dquarkus.http.host=${loopback}`,
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.log.level=WARN',
    '-Dquarkus.log.category."io.apicurio".level=WARN',
    '-Dquarkus.http.access-log.enabled=false',
    '-Dapicurio.storage.kind=sql',
    // On disk beside Kafka's logs: the ids in the topics have to mean the same after a restart.
    `-Dapicurio.datasource.url=jdbc:h2:file:${join(folder, registryName, 'registry')}`,
  ]
  return {
    file: java,
    args: ['-Xmx384m', '-Djava.awt.headless=true', ...settings, '-jar', jars.registryJar],
    logFile: logFile(folder, registryName),
  }
}
