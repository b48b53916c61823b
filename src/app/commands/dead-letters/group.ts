/** `dead-letters …`: the records that could not be published. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { registerDeadLettersList } from './list.ts'
import { registerDeadLettersRetry } from './retry.ts'

export function registerDeadLetters(program: Command, host: CommandHost): void {
  const group = program.command('dead-letters').description('records that could not be published')
  registerDeadLettersList(group, host)
  registerDeadLettersRetry(group, host)
}
