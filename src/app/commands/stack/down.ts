/** `stack down`: stops what `stack up` started. */
import type { Command } from 'commander'

import { stackDown } from '../../../stack/stack.ts'
import type { CommandHost } from '../command.ts'
import { tellProgress } from './progress.ts'

export function registerStackDown(group: Command, { signal, acting }: CommandHost): void {
  group
    .command('down')
    .description('stop what "up" started')
    .option('--delete-data', 'and remove their data')
    .action(acting((options: { deleteData?: true }) => stopStack(options, signal)))
}

async function stopStack(
  { deleteData = false }: { deleteData?: boolean },
  signal: AbortSignal,
): Promise<number> {
  await stackDown({ progress: tellProgress, deleteData }, signal)
  return 0
}
