/** `status`: how the feed is. */
import type { Command } from 'commander'

import type { CommandHost } from './command.ts'
import { jsonOption } from './options.ts'

export function registerStatus(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('status')
    .description('how the feed is, in a dozen lines')
    .addOption(jsonOption())
    .action(
      acting(async (options: { json?: true }) =>
        (await import('../actions/status.ts')).showStatus(options, signal),
      ),
    )
}
