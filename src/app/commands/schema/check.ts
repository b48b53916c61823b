/** `schema check`: whether the source's metadata, or the program's own file, would change a schema. Registers nothing. */
import type { Command } from 'commander'

import type { CheckOptions } from '../../actions/schema/check.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, jsonOption, resourceOption } from '../options.ts'

export function registerSchemaCheck(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('check')
    .description("whether the source's metadata would change it; registers nothing; exit code 1 if it would")
    .addOption(resourceOption())
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (options: CheckOptions) =>
        (await import('../../actions/schema/check.ts')).checkSchema(options, signal),
      ),
    )
}
