/** `rebuild`: the topics into a store. */
import { Option, type Command } from 'commander'

import { parseStoreTarget } from '../rebuild/parse-store-target.ts'
import type { RebuildCommandOptions } from '../actions/rebuild.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption, resourcesOption } from './options.ts'

export function registerRebuild(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('rebuild')
    .description('a store filled from the topics, or brought up to date')
    .addOption(
      new Option('--to <store>', 'sqlite:FILE or postgres://USER@HOST/DATABASE')
        .argParser(parseStoreTarget)
        .makeOptionMandatory(),
    )
    .addOption(resourcesOption('this resource alone; several times for several'))
    .option('--follow', 'go on with every change')
    .addOption(jsonOption('one JSON line for each step'))
    .addOption(feedOption())
    .action(
      acting(async (options: RebuildCommandOptions) =>
        (await import('../actions/rebuild.ts')).rebuildByHand(options, signal),
      ),
    )
}
