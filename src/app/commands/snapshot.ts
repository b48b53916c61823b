/** `snapshot`: the pass that walks all records. */
import type { Command } from 'commander'

import { runOnePass, type OnePassOptions } from '../passes/one-pass.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, resourceOption, takeOverOption } from './options.ts'

export function registerSnapshot(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('snapshot')
    .description('walk all records and publish what is new or different; goes on where it was interrupted')
    .option('--restart', 'begin a new generation and fill the topics again')
    .addOption(resourceOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .action(acting((options: OnePassOptions) => runOnePass('snapshot', options, signal)))
}
