/** `index rebuild`: the key index anew from the topics. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'

export function registerIndexRebuild(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('rebuild')
    .description('build it anew from the topics; publishes nothing and asks the source nothing')
    .action(acting(async () => (await import('../../actions/index/rebuild.ts')).rebuildIndexByHand(signal)))
}
