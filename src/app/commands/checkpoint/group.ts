/** `checkpoint …`: how far the feed has come, as the topic `checkpoints` says. */
import type { Command } from 'commander'

import type { CommandHost } from '../command.ts'
import { registerCheckpointSetWatermark } from './set-watermark.ts'
import { registerCheckpointShow } from './show.ts'

export function registerCheckpoint(program: Command, host: CommandHost): void {
  const group = program
    .command('checkpoint')
    .description('how far the feed has come, as the topic checkpoints says')
  registerCheckpointShow(group, host)
  registerCheckpointSetWatermark(group, host)
}
