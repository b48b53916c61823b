/** `snapshot`: the pass that walks all records. */
import type { Command } from 'commander'

import type { FeedWishes } from '../passes/on-feed.ts'
import { runOnePass } from '../passes/one-pass.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, takeOverOption } from './options.ts'

export function registerSnapshot(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('snapshot')
    .description('walk all records and publish what is new or different; goes on where it was interrupted')
    .option('--restart', 'begin a new generation and fill the topics again')
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .action(acting((options: FeedWishes) => runOnePass('snapshot', options, signal)))
}
