/** `purge`: the pass that finds what disappeared, and what is done with deletes that the guard holds. */
import { Option, type Command } from 'commander'

import { PURGE_COMPARES } from '../../domain/pass.ts'
import type { OnePassOptions } from '../passes/pass-on-feed.ts'
import type { CommandHost } from './command.ts'
import {
  acceptSourceOption,
  feedOption,
  forceOption,
  jsonOption,
  listedOption,
  takeOverOption,
  wholeNumber,
} from './options.ts'
import { registerPurgeHolds } from './purge-holds.ts'

function compareOption(): Option {
  return new Option(
    '--compare <how>',
    'what is walked and compared: keys alone, their change stamps too, or the content of whole records; not content with --dry-run, which publishes nothing that it reads (default: by PURGE_COMPARE and RECONCILE_INTERVAL)',
  ).choices(PURGE_COMPARES)
}

const DRY_CONTENT =
  '--dry-run has no use for --compare content: what it would publish is for "listingstream plan" to say. Leave out --compare, or name versions or keys'

export function registerPurge(program: Command, host: CommandHost): void {
  const { signal, acting } = host
  const purge = program
    .command('purge')
    // What stands behind a subcommand is that one's.
    .enablePositionalOptions()
    .description('find what disappeared, prove it, delete it')
    .option('--dry-run', 'only say what it would do; exit code 3 if the guard would hold it')
    .addOption(jsonOption('as JSON; with --dry-run also what would be deleted'))
    .option('--approve-up-to <n>', 'let through what the guard would hold, up to n deletes', wholeNumber)
    .addOption(compareOption())
    .option('--fresh', 'begin anew, instead of going on with one that was interrupted')
    .addOption(listedOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .hook('preAction', (command) => {
      const { dryRun, compare } = command.opts<OnePassOptions>()
      if (dryRun === true && compare === 'content') command.error(`error: ${DRY_CONTENT}`)
    })
    .action(
      acting(async (options: OnePassOptions) =>
        (await import('../passes/one-pass.ts')).runOnePass('purge', options, signal),
      ),
    )
  registerPurgeHolds(purge, host)
}
