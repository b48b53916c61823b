/** `schema diff`: what changed between two versions, in words. */
import type { Command } from 'commander'

import type { DiffFlags } from '../../actions/schema/diff.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, jsonOption, resourceOption, wholeNumber } from '../options.ts'
import { rowsOption } from './options.ts'

export function registerSchemaDiff(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('diff')
    .description('what changed between two versions, in words')
    .argument('[from]', 'version; without it the one before', wholeNumber)
    .argument('[to]', 'version; without it the latest', wholeNumber)
    .addOption(resourceOption())
    .addOption(rowsOption())
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (from: number | undefined, to: number | undefined, options: DiffFlags) =>
        (await import('../../actions/schema/diff.ts')).diffSchemas({ ...options, from, to }, signal),
      ),
    )
}
