/** `run`: the daemon. */
import type { Command } from 'commander'

import type { DaemonOptions } from '../daemon/daemon.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, feedOption, forceOption } from './options.ts'

export function registerRun(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('run')
    .description('the daemon: a snapshot if none was completed, then updates and purges by schedule')
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: DaemonOptions) =>
        (await import('../daemon/daemon.ts')).runDaemon(options, signal),
      ),
    )
}
