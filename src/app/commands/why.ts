/** `why`: all that the feed knows of one key. */
import { InvalidArgumentError, type Command } from 'commander'

import { parseRecordKey, type RecordKey } from '../../domain/record-key.ts'
import type { WhyOptions } from '../actions/why.ts'
import type { CommandHost } from './command.ts'
import { countingNumber, feedOption, jsonOption, resourceOption } from './options.ts'

const EVENTS = 5

export function registerWhy(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('why')
    .description(
      'why a record is as it is: index, last events, what changed, sets, dead letters; exit code 1 if nobody knows it',
    )
    .argument('<key>', 'of the record', keyOf)
    .addOption(resourceOption())
    .option('--events <n>', 'so many of its last events', countingNumber, EVENTS)
    .option('--ask', 'also whether the source has it now')
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (key: RecordKey, options: WhyOptions) =>
        (await import('../actions/why.ts')).explainWhy(key, options, signal),
      ),
    )
}

/** @throws {InvalidArgumentError} */
function keyOf(text: string): RecordKey {
  const key = parseRecordKey(text)
  if (key !== undefined) return key
  throw new InvalidArgumentError('It is no key of a record.')
}
