/** `index …`: the key index against the topics, without taking the feed over. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { registerIndexCheck } from './check.ts'
import { registerIndexRebuild } from './rebuild.ts'

export function registerIndex(program: Command, host: CommandHost): void {
  const group = program.command('index').description('the key index in DATA_DIR, a cache of the topics')
  registerIndexCheck(group, host)
  registerIndexRebuild(group, host)
}
