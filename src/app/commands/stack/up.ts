/** `stack up`: starts broker and registry, and prints the settings that name them. */
import type { Command } from 'commander'

import { stackUp } from '../../../stack/stack.ts'
import { printLine } from '../../../support/print.ts'
import type { CommandHost } from '../command.ts'
import { wholeNumber } from '../options.ts'
import { tellProgress } from './progress.ts'

export function registerStackUp(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('up')
    .description('start both and wait until they answer')
    .option('--kafka-port <p>', 'port of the broker on loopback', wholeNumber, 9092)
    .option('--registry-port <p>', 'port of the registry on loopback', wholeNumber, 8081)
    .action(acting((ports: StackPorts) => startStack(ports, signal)))
}

interface StackPorts {
  readonly kafkaPort: number
  readonly registryPort: number
}

async function startStack(ports: StackPorts, signal: AbortSignal): Promise<number> {
  const { brokers, registryUrl } = await stackUp({ ...ports, progress: tellProgress }, signal)
  printLine(`KAFKA_BROKERS=${brokers.join(',')} SCHEMA_REGISTRY_URL=${registryUrl}`)
  return 0
}
