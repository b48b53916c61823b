/** `doctor`: whether everything is as a feed needs it. */
import type { Command } from 'commander'

import type { DoctorOptions } from '../actions/doctor.ts'
import type { CommandHost } from './command.ts'
import { feedOption, jsonOption } from './options.ts'

export function registerDoctor(program: Command, { signal, acting }: CommandHost): void {
  program
    .command('doctor')
    .description(
      'looks at settings, API, Kafka, registry, index and machine, and says of each what to do; writes nothing; exit code 1 if something is wrong',
    )
    .addOption(feedOption())
    .addOption(jsonOption())
    .action(
      acting(async (options: DoctorOptions) =>
        (await import('../actions/doctor.ts')).runDoctor(options, signal),
      ),
    )
}
