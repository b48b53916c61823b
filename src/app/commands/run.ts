/** `run`: the daemon. */
import type { Command } from 'commander'

import { runDaemon, type DaemonOptions } from '../daemon/daemon.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, forceOption } from './options.ts'

export function registerRun(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('run')
    .description('the daemon: a snapshot if none was completed, then updates and purges by schedule')
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .action(acting((options: DaemonOptions) => runDaemon(options, signal)))
}
