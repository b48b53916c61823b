/** `demo`: everything once on this machine, from an empty Kafka to topics that say what the source says. */
import type { Command } from 'commander'

import type { DemoOptions } from '../actions/demo.ts'
import type { CommandHost } from './command.ts'
import { wholeNumber } from './options.ts'

export function registerDemo(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('demo')
    .description('everything once on this machine: stack, simulated market, all passes, comparison')
    .option('--keep', 'leave it running, with changes trickling in, until Ctrl-C')
    .option('--listings <n>', 'listings at the start', wholeNumber, 3000)
    .option('--seed <s>', 'of the simulated market', wholeNumber, 1)
    .action(
      acting(async (options: DemoOptions) => (await import('../actions/demo.ts')).runDemo(options, signal)),
    )
}
