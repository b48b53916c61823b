/** `update`: the pass that reads what changed. */
import type { Command } from 'commander'

import type { OnePassOptions } from '../passes/pass-on-feed.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, feedOption, forceOption, resourceOption, takeOverOption } from './options.ts'

export function registerUpdate(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('update')
    .description('publish what changed since the last update')
    .addOption(resourceOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: OnePassOptions) =>
        (await import('../passes/one-pass.ts')).runOnePass('update', options, signal),
      ),
    )
}
