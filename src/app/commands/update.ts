/** `update`: the pass that reads what changed. */
import type { Command } from 'commander'

import { runOnePass, type OnePassOptions } from '../passes/one-pass.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, forceOption, resourceOption, takeOverOption } from './options.ts'

export function registerUpdate(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('update')
    .description('publish what changed since the last update')
    .addOption(resourceOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .action(acting((options: OnePassOptions) => runOnePass('update', options, signal)))
}
