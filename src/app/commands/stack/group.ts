/** `stack …`: Kafka and a schema registry on this machine. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { registerStackDown } from './down.ts'
import { registerStackStatus } from './status.ts'
import { registerStackUp } from './up.ts'

export function registerStack(program: Command, host: CommandHost): void {
  const group = program.command('stack').description('Kafka and a schema registry on this machine')
  registerStackUp(group, host)
  registerStackDown(group, host)
  registerStackStatus(group, host)
}
