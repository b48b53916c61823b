/** `stack up`: starts broker and registry, and prints the settings that name them. */
import type { Command } from 'commander'

import type { StackPorts } from '../../actions/stack/up.ts'
import type { CommandHost } from '../command.ts'
import { wholeNumber } from '../options.ts'

export function registerStackUp(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('up')
    .description('start both and wait until they answer')
    .option('--kafka-port <p>', 'port of the broker on loopback', wholeNumber, 9092)
    .option('--registry-port <p>', 'port of the registry on loopback', wholeNumber, 8081)
    .action(
      acting(async (ports: StackPorts) =>
        (await import('../../actions/stack/up.ts')).startStack(ports, signal),
      ),
    )
}
