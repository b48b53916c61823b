/** `verify`: a store, or the topics, proved equal to what a sweep has certified. */
import { Option, type Command } from 'commander'

import { parseStoreTarget } from '../rebuild/parse-store-target.ts'
import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'
import type { VerifyCommandOptions } from '../actions/verify.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption, resourcesOption } from './options.ts'

export function registerVerify(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('verify')
    .description('proves a store, or the topics, equal to the newest certificate; exit code 1 if they differ')
    .addOption(
      new Option('--store <store>', 'sqlite:FILE or postgres://USER@HOST/DATABASE')
        .argParser(parseStoreTarget)
        .conflicts('topic'),
    )
    .option('--topic', 'the topics themselves, replayed')
    .addOption(resourcesOption('this resource alone; several times for several'))
    .addOption(jsonOption('one JSON line for each finding and each verdict'))
    .addOption(feedOption())
    .action(
      acting(async ({ store, topic, ...options }: Words, command: Command) => {
        if (store === undefined && topic === undefined) command.error('error: name a --store, or use --topic')
        return (await import('../actions/verify.ts')).verifyByHand(store, options, signal)
      }),
    )
}

interface Words extends VerifyCommandOptions {
  readonly store?: StoreTarget
  readonly topic?: true
}
