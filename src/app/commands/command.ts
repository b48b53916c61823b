import type { Command } from 'commander'

/** What a command gets of the process that it runs in. */
export interface CommandHost {
  /** Aborts when the command is to stop. */
  readonly signal: AbortSignal
  /** What answers an exit code (docs/operations.md, "Exit codes"), as an action of commander. */
  readonly acting: <T extends unknown[]>(
    action: (...args: T) => Promise<number>,
  ) => (...args: T) => Promise<void>
}

/** Adds one command, or a group of them, to its parent: its words, and what it does. */
export type RegisterCommand = (parent: Command, host: CommandHost) => void
