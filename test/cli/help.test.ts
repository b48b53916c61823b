import type { Command } from 'commander'
import { expect, test } from 'vitest'

import { idleProgram } from '../fixtures/commands.ts'

function helpOf(command: Command): readonly string[] {
  return [command.helpInformation(), ...command.commands.flatMap(helpOf)]
}

test('what --help says of each command', async () => {
  await expect(helpOf(idleProgram()).join('\n')).toMatchFileSnapshot('help.txt')
})
