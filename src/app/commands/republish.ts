/** `republish`: new events of records that have not changed. */
import { InvalidArgumentError, type Command } from 'commander'

import { parseRecordKey, type RecordKey } from '../../domain/record-key.ts'
import type { RepublishOptions } from '../actions/republish.ts'
import type { CommandHost } from './command.ts'
import {
  acceptSourceOption,
  feedOption,
  forceOption,
  jsonOption,
  resourceOption,
  takeOverOption,
} from './options.ts'

export function registerRepublish(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('republish')
    .description(
      'new events of records that have not changed, read from the source; exit code 1 if a named one got none',
    )
    .option('--keys <keys>', 'of these, separated by commas; several times for more', keysOf)
    .option('--keys-file <file>', 'of those in a file, one a line')
    .option('--all', 'of all; goes on where it was interrupted')
    .addOption(resourceOption())
    .addOption(jsonOption())
    .addOption(takeOverOption())
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .action(
      acting(async (options: RepublishOptions, command: Command) => {
        const named = options.keys !== undefined || options.keysFile !== undefined
        if ((options.all === true) === named) command.error('error: name keys, or use --all')
        return (await import('../actions/republish.ts')).republishRecords(options, signal)
      }),
    )
}

/** @throws {InvalidArgumentError} */
function keysOf(text: string, earlier: readonly RecordKey[] = []): readonly RecordKey[] {
  const keys = text.split(',').map((part) => {
    const key = parseRecordKey(part.trim())
    if (key === undefined) throw new InvalidArgumentError(`${JSON.stringify(part)} is no key of a record.`)
    return key
  })
  return [...earlier, ...keys]
}
