/** `schema …`: the schema of a resource in the registry. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { registerSchemaCheck } from './check.ts'
import { registerSchemaDiff } from './diff.ts'
import { registerSchemaShow } from './show.ts'
import { registerSchemaTypes } from './types.ts'

export function registerSchema(program: Command, host: CommandHost): void {
  const group = program
    .command('schema')
    .description("the schema of a resource; that of listings follows the source's metadata")
  registerSchemaShow(group, host)
  registerSchemaDiff(group, host)
  registerSchemaCheck(group, host)
  registerSchemaTypes(group, host)
}
