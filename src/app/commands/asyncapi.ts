/** `asyncapi`: the feed's contract, from its topics and schemas as they are now. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../config/load-settings.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption } from './options.ts'

export function registerAsyncApi(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('asyncapi')
    .description('an AsyncAPI 3 document of the topics and schemas as they are, in YAML')
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (options: FeedChoice & { readonly json?: true }) =>
        (await import('../actions/asyncapi.ts')).printAsyncApi(options, signal),
      ),
    )
}
