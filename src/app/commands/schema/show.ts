/** `schema show`: one version of the schema, for a person or as it is. */
import type { Command } from 'commander'

import type { ShowOptions } from '../../actions/schema/show.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, jsonOption, resourceOption } from '../options.ts'
import { rowsOption, versionOption } from './options.ts'

export function registerSchemaShow(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('show')
    .description('its fields, types and meanings')
    .addOption(resourceOption())
    .addOption(rowsOption())
    .addOption(versionOption())
    .addOption(jsonOption('the Avro schema itself'))
    .addOption(feedOption())
    .action(
      acting(async (options: ShowOptions) =>
        (await import('../../actions/schema/show.ts')).showSchema(options, signal),
      ),
    )
}
