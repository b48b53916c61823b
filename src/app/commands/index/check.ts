/** `index check`: the key index compared with the topics. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'

export function registerIndexCheck(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('check')
    .description('compare it with the topics, key by key; exit code 1 if they differ')
    .action(acting(async () => (await import('../../actions/index/check.ts')).checkIndex(signal)))
}
