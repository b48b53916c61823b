/** `snapshot`: the pass that walks all records. */
import { Option, type Command } from 'commander'

import type { OnePassOptions } from '../passes/pass-on-feed.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, feedOption, forceOption, resourceOption, takeOverOption } from './options.ts'

export function registerSnapshot(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('snapshot')
    .description('walk all records and publish what is new or different; goes on where it was interrupted')
    .addOption(restartOption())
    .addOption(resourceOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: OnePassOptions) =>
        (await import('../passes/one-pass.ts')).runOnePass('snapshot', options, signal),
      ),
    )
}

/** It would read as if the others stayed as they are. */
function restartOption(): Option {
  return new Option(
    '--restart',
    'begin a new generation of the whole feed, all its resources, and fill the topics again',
  ).conflicts('resource')
}
