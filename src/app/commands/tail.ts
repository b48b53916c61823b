/** `tail`: the events of the data topics. */
import type { Command } from 'commander'

import type { TailOptions } from '../actions/tail.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption, resourceFilterOption, wholeNumber } from './options.ts'

export function registerTail(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('tail')
    .description('events as they come')
    .option('--from-beginning', 'begin with the oldest event of the topics')
    .option('--until-end', 'the events from the oldest up to now, then end')
    .option('--limit <n>', 'end after so many', wholeNumber)
    .option('--key <key...>', 'only the events of these records')
    .addOption(resourceFilterOption('only those of this resource'))
    .addOption(jsonOption('one JSON line an event'))
    .addOption(feedOption())
    .action(
      acting(async (options: TailOptions) =>
        (await import('../actions/tail.ts')).tailEvents(options, signal),
      ),
    )
}
