/** `purge show`, `approve` and `reject`: what an operator does with what the guard holds. */
import { Option, type Command } from 'commander'

import type { ApproveOptions } from '../actions/purge/approve.ts'
import type { RejectOptions } from '../actions/purge/reject.ts'
import type { ShowOptions } from '../actions/purge/show.ts'
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

export function registerPurgeHolds(purge: Command, { signal, acting }: CommandHost): void {
  purge
    .command('show')
    .description('what the guard holds, in groups and by key; exit code 3 if it holds anything')
    .argument('[sweep]', 'the hold of this name; deletes first where none is given')
    .addOption(new Option('--csv', 'all keys, a line each').conflicts('json'))
    .addOption(jsonOption())
    .addOption(listedOption())
    .addOption(feedOption())
    .action(
      acting(async (sweep: string | undefined, options: ShowOptions) =>
        (await import('../actions/purge/show.ts')).showHold(sweep, options, signal),
      ),
    )
  decision(purge, 'approve', maxOption())
    .description(
      'ask the source for each held key again and delete what is gone, or publish what is masked or changed; exit code 3 if it is still held',
    )
    .action(
      acting(async (sweep: string, options: ApproveOptions) =>
        (await import('../actions/purge/approve.ts')).approveDeletes(sweep, options, signal),
      ),
    )
  decision(purge, 'reject')
    .description('end the hold; nothing is deleted or published, and the next pass judges anew')
    .action(
      acting(async (sweep: string, options: RejectOptions) =>
        (await import('../actions/purge/reject.ts')).rejectDeletes(sweep, options, signal),
      ),
    )
}

/** Both write, and so take what every pass takes. */
function decision(purge: Command, name: 'approve' | 'reject', ...own: readonly Option[]): Command {
  const command = purge.command(name).argument('<sweep>', 'as "purge show" names it')
  for (const option of own) command.addOption(option)
  return command
    .addOption(jsonOption())
    .addOption(listedOption())
    .addOption(feedOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
}

function maxOption(): Option {
  return new Option('--max <n>', 'so many at most; if there would be more, none')
    .argParser(wholeNumber)
    .makeOptionMandatory()
}
