/** `dead-letters list`: the records that could not be published. */
import type { Command } from 'commander'

import type { ListOptions } from '../../actions/dead-letters/list.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, jsonOption } from '../options.ts'

export function registerDeadLettersList(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('list')
    .description('those that wait: topic, key, size, time, pass and reason')
    .option('--all', 'settled ones too')
    .addOption(jsonOption('one JSON object a line'))
    .option('--raw', "the records' own JSON, one a line; with --json as its member")
    .addOption(feedOption())
    .action(
      acting(async (options: ListOptions) =>
        (await import('../../actions/dead-letters/list.ts')).listDeadLetters(options, signal),
      ),
    )
}
