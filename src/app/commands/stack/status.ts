/** `stack status`: what of the local stack runs. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { jsonOption } from '../options.ts'

export function registerStackStatus(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('status')
    .description('say what runs; exit code 1 unless all of it answers')
    .addOption(jsonOption())
    .action(
      acting(async (options: { json?: true }) =>
        (await import('../../actions/stack/status.ts')).showStackStatus(options, signal),
      ),
    )
}
