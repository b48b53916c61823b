/** `purge`: the pass that finds what disappeared. */
import type { Command } from 'commander'

import type { OnePassOptions } from '../passes/pass-on-feed.ts'
import type { CommandHost } from './command.ts'
import {
  acceptSourceOption,
  forceOption,
  jsonOption,
  resourceOption,
  takeOverOption,
  wholeNumber,
} from './options.ts'

export function registerPurge(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('purge')
    .description('find what disappeared, prove it, delete it')
    .option('--dry-run', 'only say what it would do; exit code 3 if the guard would hold it')
    .addOption(jsonOption('as JSON; with --dry-run also what would be deleted'))
    .option('--approve-up-to <n>', 'let through what the guard would hold, up to n deletes', wholeNumber)
    .addOption(resourceOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .action(
      acting(async (options: OnePassOptions) =>
        (await import('../passes/one-pass.ts')).runOnePass('purge', options, signal),
      ),
    )
}
