/** `completion`: a shell that knows the commands, their options and the choices of these. */
import { Argument, type Command } from 'commander'

import { printText } from '../../support/print.ts'
import type { Shell } from '../completion/shell-scripts.ts'
import type { CommandHost } from './command.ts'

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']

export function registerCompletion(program: Command, { acting }: CommandHost): void {
  program
    .command('completion')
    .description('print the completions for a shell, e.g.: source <(listingstream completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action(
      acting(async (shell: Shell) => {
        const { completionPlaces } = await import('../completion/completion-tree.ts')
        const { completionScript } = await import('../completion/shell-scripts.ts')
        printText(completionScript(shell, program.name(), completionPlaces(program)))
        return 0
      }),
    )
}
