/** `status`: how the feed is. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../config/load-settings.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption } from './options.ts'

export function registerStatus(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('status')
    .description('how the feed is, in a dozen lines')
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (options: FeedChoice & { readonly json?: true }) =>
        (await import('../actions/status.ts')).showStatus(options, signal),
      ),
    )
}
