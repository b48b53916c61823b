/** `checkpoint set-watermark`: the next update reads again from an earlier time. */
import { InvalidArgumentError, type Command } from 'commander'

import { parseInstant, type Instant } from '../../../domain/instant.ts'
import type { WatermarkOptions } from '../../actions/checkpoint/set-watermark.ts'
import type { CommandHost } from '../command.ts'
import { acceptSourceOption, feedOption, forceOption, listedOption, takeOverOption } from '../options.ts'

export function registerCheckpointSetWatermark(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('set-watermark')
    .description('back to an earlier time, from which the next update reads again; while no daemon runs')
    .argument('<time>', 'ISO 8601 with a zone, e.g. 2026-05-02T14:00:00Z', timeOf)
    .addOption(listedOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (time: Instant, options: WatermarkOptions) =>
        (await import('../../actions/checkpoint/set-watermark.ts')).setWatermark(time, options, signal),
      ),
    )
}

/** @throws {InvalidArgumentError} */
function timeOf(text: string): Instant {
  const time = parseInstant(text)
  if (time !== undefined) return time
  throw new InvalidArgumentError('A time in ISO 8601 with a zone is needed, e.g. 2026-05-02T14:00:00Z.')
}
