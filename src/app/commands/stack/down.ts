/** `stack down`: stops what `stack up` started. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'

export function registerStackDown(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('down')
    .description('stop what "up" started')
    .option('--delete-data', 'and remove their data')
    .action(
      acting(async (options: { deleteData?: true }) =>
        (await import('../../actions/stack/down.ts')).stopStack(options, signal),
      ),
    )
}
