/** `update`: the pass that reads what changed. */
import type { Command } from 'commander'

import type { FeedWishes } from '../passes/on-feed.ts'
import { runOnePass } from '../passes/one-pass.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, takeOverOption } from './options.ts'

export function registerUpdate(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('update')
    .description('publish what changed since the last update')
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .action(acting((options: FeedWishes) => runOnePass('update', options, signal)))
}
