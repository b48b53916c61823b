/** `dead-letters retry`: an update that also asks the source for the keys of dead letters again (R12). */
import type { Command } from 'commander'

import type { ListedResource } from '../../../domain/resource.ts'
import type { FeedWishes } from '../../passes/on-feed.ts'
import type { CommandHost } from '../command.ts'
import { acceptSourceOption, feedOption, forceOption, listedOption, takeOverOption } from '../options.ts'

export function registerDeadLettersRetry(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('retry')
    .description('an update that also asks for their keys again; exit code 1 if one still waits')
    .argument('[keys...]', 'keys of the letters')
    .option('--all', 'all that wait')
    .addOption(listedOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (keys: string[], { all = false, resource, ...wishes }: RetryOptions, command: Command) => {
        if (all === keys.length > 0) command.error('error: name keys, or use --all')
        return (await import('../../actions/dead-letters/retry.ts')).retryDeadLetters(
          resource,
          all ? 'all' : keys,
          wishes,
          signal,
        )
      }),
    )
}

interface RetryOptions extends FeedWishes {
  readonly resource: ListedResource
  readonly all?: boolean
}
