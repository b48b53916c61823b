import { Command, CommanderError } from 'commander'

import type { CommandHost, RegisterCommand } from '../app/commands/command.ts'
import { registerAsyncApi } from '../app/commands/asyncapi.ts'
import { registerCheckpoint } from '../app/commands/checkpoint/group.ts'
import { registerCompletion } from '../app/commands/completion.ts'
import { registerDeadLetters } from '../app/commands/dead-letters/group.ts'
import { registerDemo } from '../app/commands/demo.ts'
import { registerDoctor } from '../app/commands/doctor.ts'
import { registerIndex } from '../app/commands/index/group.ts'
import { registerLag } from '../app/commands/lag.ts'
import { registerPause, registerResume } from '../app/commands/pause.ts'
import { registerPlan } from '../app/commands/plan.ts'
import { registerPlanRequests } from '../app/commands/plan-requests.ts'
import { registerPurge } from '../app/commands/purge.ts'
import { registerRebuild } from '../app/commands/rebuild.ts'
import { registerRepublish } from '../app/commands/republish.ts'
import { registerRun } from '../app/commands/run.ts'
import { registerSchema } from '../app/commands/schema/group.ts'
import { registerSimulate } from '../app/commands/simulate.ts'
import { registerSnapshot } from '../app/commands/snapshot.ts'
import { registerStack } from '../app/commands/stack/group.ts'
import { registerStatus } from '../app/commands/status.ts'
import { registerTail } from '../app/commands/tail.ts'
import { registerUpdate } from '../app/commands/update.ts'
import { registerVerify } from '../app/commands/verify.ts'
import { registerWhy } from '../app/commands/why.ts'
import { VERSION } from '../app/version.ts'
import { asCommanded, nameFeed } from '../support/command-for.ts'
import { strike } from '../support/secrets.ts'
import { stopSignals } from './stop-signals.ts'

/** In the order of `--help`. */
const COMMANDS: readonly RegisterCommand[] = [
  registerRun,
  registerSnapshot,
  registerUpdate,
  registerPurge,
  registerRepublish,
  registerStatus,
  registerWhy,
  registerPause,
  registerResume,
  registerDoctor,
  registerPlan,
  registerPlanRequests,
  registerTail,
  registerRebuild,
  registerVerify,
  registerLag,
  registerSimulate,
  registerDeadLetters,
  registerSchema,
  registerAsyncApi,
  registerIndex,
  registerCheckpoint,
  registerStack,
  registerDemo,
  registerCompletion,
]

/** Wrong words on the command line. */
const WRONG_USAGE = 2
/** Of a command that has an end and did not come to it; `run`, `tail` and `simulate` are stopped as they should be. */
const INTERRUPTED = 5

/**
 * Runs one command and answers the exit code. Results go to stdout, everything else to stderr.
 *
 * @param output aborts when nobody takes what the command writes.
 */
export async function runProgram(argv: readonly string[], output: AbortSignal): Promise<number> {
  using stop = stopSignals()
  let exitCode = 0
  const signal = AbortSignal.any([stop.signal, output])
  const program = buildProgram({
    signal,
    acting:
      (action) =>
      async (...args) => {
        await doWithoutCompiledChecks()
        nameFeed(feedIn(args))
        exitCode = await action(...args)
      },
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
    if (signal.aborted && error === signal.reason) {
      if (!output.aborted) {
        process.stderr.write('listingstream: stopped before it was complete; run it again to go on\n')
      }
      return INTERRUPTED
    }
    const { reportError } = await import('./report-error.ts')
    return reportError(error, (text) => process.stderr.write(asCommanded(text)))
  }
}

/** What `--feed` says among a command's arguments and options. */
function feedIn(args: readonly unknown[]): string | null {
  for (const arg of args) {
    if (typeof arg === 'object' && arg !== null && 'feed' in arg && typeof arg.feed === 'string')
      return arg.feed
  }
  return null
}

/**
 * zod makes a function of each form, to check many values by it: a command checks few, and a process of its own has nobody
 * else's. Before any form is made.
 */
async function doWithoutCompiledChecks(): Promise<void> {
  const { config } = await import('zod')
  config({ jitless: true })
}

/** All commands, with their words; nothing runs yet. */
export function buildProgram(host: CommandHost): Command {
  const program = new Command('listingstream')
    .description('Publishes every change of the listings behind a Spark API to Kafka: once, in order.')
    .version(VERSION)
    // Behind a command, --version is that command's: of a subject, not of the program.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(text),
      // An argument that is refused is shown, and may hold a password (R15).
      writeErr: (text) => process.stderr.write(strike(text)),
    })
    .showHelpAfterError('(see listingstream --help)')
  for (const register of COMMANDS) register(program, host)
  return program
}
