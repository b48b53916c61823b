/** `stack up`: starts broker and registry, and prints the settings that name them. */
import { stackUp } from '../../../stack/stack.ts'
import { printLine } from '../../../support/print.ts'
import { tellProgress } from './progress.ts'

export interface StackPorts {
  readonly kafkaPort: number
  readonly registryPort: number
}

export async function startStack(ports: StackPorts, signal: AbortSignal): Promise<number> {
  const { brokers, registryUrl } = await stackUp({ ...ports, progress: tellProgress }, signal)
  printLine(`KAFKA_BROKERS=${brokers.join(',')} SCHEMA_REGISTRY_URL=${registryUrl}`)
  return 0
}
