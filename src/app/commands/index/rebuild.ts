/** `index rebuild`: the key index anew from the topics. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../../config/load-settings.ts'
import type { CommandHost } from '../command.ts'
import { feedOption } from '../options.ts'

export function registerIndexRebuild(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('rebuild')
    .description('build it anew from the topics; publishes nothing and asks the source nothing')
    .addOption(feedOption())
    .action(
      acting(async (options: FeedChoice) =>
        (await import('../../actions/index/rebuild.ts')).rebuildIndexByHand(options, signal),
      ),
    )
}
