import type { Command } from 'commander'
import { expect, test } from 'vitest'

import { buildProgram } from '../../src/cli/program.ts'

const never = new AbortController().signal

function helpOf(command: Command): readonly string[] {
  return [command.helpInformation(), ...command.commands.flatMap(helpOf)]
}

test('what --help says of each command', async () => {
  const program = buildProgram({ signal: never, acting: () => async () => undefined })
  await expect(helpOf(program).join('\n')).toMatchFileSnapshot('help.txt')
})
