/** `simulate`: a simulated Spark API. */
import type { Command } from 'commander'

import type { SimulateOptions } from '../actions/simulate.ts'
import type { CommandHost } from './command.ts'
import { countingNumber, wholeNumber } from './options.ts'

export function registerSimulate(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('simulate')
    .description('a simulated Spark API')
    .option('--listings <n>', 'listings at the start', wholeNumber, 1000)
    .option('--mls <n>', 'MLSs in the data share', countingNumber, 2)
    .option('--port <p>', 'port on loopback; 0 for any free one', wholeNumber, 8100)
    .option('--tls', 'HTTPS, by a certificate made at the start')
    .option('--seed <s>', 'the same seed gives the same listings and changes', wholeNumber, 1)
    .option('--rate <n>', 'changes a minute', wholeNumber, 60)
    .option('--cache-lag <minutes>', 'longest time until a change is visible', wholeNumber, 0)
    .option('--rate-limit <n>', 'requests of a key in any 5 minutes; 0 for no limit', wholeNumber, 0)
    .option('--stored-pages', 'keep rendered pages, for benchmarks')
    .action(
      acting(async (options: SimulateOptions) =>
        (await import('../actions/simulate.ts')).runSimulator(options, signal),
      ),
    )
}
