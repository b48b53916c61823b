/** `index check`: the key index compared with the topics. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../../config/load-settings.ts'
import type { CommandHost } from '../command.ts'
import { feedOption } from '../options.ts'

export function registerIndexCheck(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('check')
    .description('compare it with the topics, key by key; exit code 1 if they differ')
    .addOption(feedOption())
    .action(
      acting(async (options: FeedChoice) =>
        (await import('../../actions/index/check.ts')).checkIndex(options, signal),
      ),
    )
}
