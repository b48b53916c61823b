/** `plan`: what the next update and purge would publish. */
import type { Command } from 'commander'

import type { PlanOptions } from '../actions/plan.ts'
import type { CommandHost } from './command.ts'
import { acceptSourceOption, feedOption, forceOption, jsonOption, listedFilterOption } from './options.ts'

export function registerPlan(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('plan')
    .description(
      'what the next update and purge would publish, key by key; writes nothing anywhere; exit code 3 if the guard would hold something',
    )
    .addOption(listedFilterOption('of this resource and its sets alone'))
    .addOption(acceptSourceOption())
    .addOption(forceOption())
    .addOption(feedOption())
    .addOption(jsonOption('as JSON, a line for each event and each pass'))
    .action(
      acting(async (options: PlanOptions) =>
        (await import('../actions/plan.ts')).planPasses(options, signal),
      ),
    )
}
