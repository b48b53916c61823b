/** `lag`: how far the groups that read the feed have come. */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'

import { parseDuration } from '../../config/duration.ts'
import type { Millis } from '../../domain/instant.ts'
import type { LagOptions } from '../actions/lag.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption } from './options.ts'

export function registerLag(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('lag')
    .description('how far the consumer groups of the feed have come, and whether they lose deletes')
    .option('--group <id...>', 'only these groups; exit code 1 if one has committed nothing')
    .option('--for <duration>', 'watch them for so long, then tell; 0s: one look', duration, 10_000)
    .option('--watch', 'go on, and tell every 5 seconds')
    .addOption(jsonOption('as JSON; with --watch, a line each time'))
    .addOption(feedOption())
    .action(
      acting(async (options: LagOptions) => (await import('../actions/lag.ts')).showLag(options, signal)),
    )
}

function duration(text: string): Millis {
  const ms = parseDuration(text)
  if (ms !== undefined && ms <= 86_400_000) return ms
  throw new InvalidArgumentError('A duration of at most a day is needed, such as 10s.')
}
