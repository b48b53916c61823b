/** `plan-requests`: what the feed will ask of the API, before it asks anything. */
import { InvalidArgumentError, Option, type Command } from 'commander'

import { parseResourceName } from '../../domain/resource.ts'
import type { Counts, PlanOptions } from '../actions/plan-requests.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption, wholeNumber } from './options.ts'

export function registerPlanRequests(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('plan-requests')
    .description('how many requests a day the settings come to, and whether API_RATE is enough')
    .addOption(
      countsOption(
        '--records <counts>',
        'how many there are of each of RESOURCES: listings=50000,accounts=8000',
      ),
    )
    .addOption(countsOption('--changes-per-day <counts>', 'how many of them change: listings=3000'))
    .addOption(jsonOption())
    .addOption(feedOption())
    .action(
      acting(async (options: PlanOptions) =>
        (await import('../actions/plan-requests.ts')).planFeed(options, signal),
      ),
    )
}

function countsOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(parseCounts)
}

/** @throws {InvalidArgumentError} for what is no comma list of resource=number. */
function parseCounts(text: string): Counts {
  return new Map(
    text.split(',').map((item) => {
      const [name = '', count = '', ...rest] = item.trim().split('=')
      const resource = parseResourceName(name)
      if (resource === undefined || rest.length > 0) {
        throw new InvalidArgumentError('A comma list of resource=number is needed: listings=50000.')
      }
      return [resource, wholeNumber(count)]
    }),
  )
}
