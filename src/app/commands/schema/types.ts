/** `schema types`: TypeScript types of a feed's events, by the schemas in the registry. */
import type { Command } from 'commander'

import type { FeedChoice } from '../../../config/load-settings.ts'
import type { Replicated } from '../../../domain/resource.ts'
import { LISTINGS } from '../../../resources/listings.ts'
import type { CommandHost } from '../command.ts'
import { feedOption, resourcesOption } from '../options.ts'
import { versionOption } from './options.ts'

export function registerSchemaTypes(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('types')
    .description('TypeScript types of the events')
    .addOption(resourcesOption('of this resource; given again, of another one, too (default: listings)'))
    .addOption(versionOption())
    .addOption(feedOption())
    .action(
      acting(async (options: TypesOptions, command: Command) => {
        const { resource: resources = [LISTINGS], version, feed } = options
        if (version !== undefined && resources.length > 1) {
          command.error('error: --version is of one resource, and more than one is named')
        }
        return (await import('../../actions/schema/types.ts')).printTypes(
          resources,
          version ?? 'latest',
          { feed },
          signal,
        )
      }),
    )
}

interface TypesOptions extends FeedChoice {
  /** @default listings */
  readonly resource?: readonly Replicated[]
  /** Of `…Upserted`. @default the latest */
  readonly version?: number
}
