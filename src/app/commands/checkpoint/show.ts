/** `checkpoint show`: owner, transaction, watermarks, passes and offsets. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../../config/load-settings.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, jsonOption } from '../options.ts'

export function registerCheckpointShow(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('show')
    .description('owner, last transaction, watermarks, passes and next offsets; asks nobody but Kafka')
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (options: FeedChoice & { readonly json?: true }) =>
        (await import('../../actions/checkpoint/show.ts')).showCheckpoints(options, signal),
      ),
    )
}
