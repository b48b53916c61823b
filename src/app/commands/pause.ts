/** `pause` and `resume`: whether passes run by schedule. */
import { InvalidArgumentError, Option, type Command } from 'commander'

import { parseDuration } from '../../config/duration.ts'
import type { Millis } from '../../domain/instant.ts'
import type { PauseOptions, ResumeOptions } from '../actions/pause.ts'
import type { CommandHost } from './command.ts'
import {
  acceptSourceOption,
  feedOption,
  forceOption,
  jsonOption,
  resourceFilterOption,
  takeOverOption,
} from './options.ts'

/** A year. */
const LONGEST_MS = 366 * 86_400_000

export function registerPause(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('pause')
    .description(
      'passes by schedule stand still, also after a restart and on another instance; those on demand still run',
    )
    .addOption(resourceFilterOption('of this resource alone, and of its sets'))
    .addOption(
      new Option('--for <duration>', 'it ends by itself after so long, such as 2h').argParser(duration),
    )
    .addOption(jsonOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: PauseOptions) =>
        (await import('../actions/pause.ts')).pauseFeed(options, signal),
      ),
    )
}

export function registerResume(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('resume')
    .description('they go on, where they were')
    .addOption(resourceFilterOption('what was paused of this resource alone'))
    .addOption(jsonOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: ResumeOptions) =>
        (await import('../actions/pause.ts')).resumeFeed(options, signal),
      ),
    )
}

/** @throws {InvalidArgumentError} */
function duration(text: string): Millis {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0 && ms <= LONGEST_MS) return ms
  throw new InvalidArgumentError('A duration of at most a year is needed, such as 2h.')
}
