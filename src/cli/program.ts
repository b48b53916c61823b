import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'

import { printAsyncApi } from '../app/commands/asyncapi.ts'
import { runDaemon } from '../app/daemon/daemon.ts'
import { listDeadLetters, type ListOptions } from '../app/commands/dead-letters.ts'
import { retryDeadLetters } from '../app/commands/dead-letters-retry.ts'
import { runDemo } from '../app/commands/demo.ts'
import { checkIndex, rebuildIndexByHand } from '../app/commands/index-command.ts'
import { runOnePass } from '../app/commands/one-pass.ts'
import { checkSchema } from '../app/commands/schema-check.ts'
import { diffSchemas } from '../app/commands/schema-diff.ts'
import { showSchema, type ShowOptions } from '../app/commands/schema-show.ts'
import { printTypes, type TypesOptions } from '../app/commands/schema-types.ts'
import { runSimulator, type SimulateFlags } from '../app/commands/simulate.ts'
import { runStack, type StackFlags } from '../app/commands/stack.ts'
import { showStatus } from '../app/commands/status.ts'
import { TAILED_RESOURCES, tailEvents, type TailOptions } from '../app/commands/tail.ts'
import { VERSION } from '../app/version.ts'
import { reportError } from './report-error.ts'
import { stopSignals } from './stop-signals.ts'

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
  const program = commands(signal, (code) => (exitCode = code))
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
    return reportError(error, (text) => process.stderr.write(text))
  }
}

type Result = Promise<number>

function commands(signal: AbortSignal, done: (exitCode: number) => void): Command {
  const program = new Command('listingstream')
    .description('Publishes every change of the listings behind a Spark API to Kafka: once, in order.')
    .version(VERSION)
    // Behind a command, --version is that command's: of a subject, not of the program.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stdout.write(text) })
    .showHelpAfterError('(see listingstream --help)')
  const acting =
    <T extends unknown[]>(action: (...args: T) => Result) =>
    async (...args: T): Promise<void> =>
      done(await action(...args))

  const takeOver = new Option('--take-over', 'take the feed from an owner with another DATA_DIR')
  const acceptSource = new Option('--accept-source', 'accept another user of the same MLS as the source')

  program
    .command('run')
    .description('the daemon: a snapshot if none was completed, then updates and purges by schedule')
    .addOption(acceptSource)
    .action(acting((options: { acceptSource?: true }) => runDaemon(options, signal)))
  program
    .command('snapshot')
    .description('walk all records and publish what is new or different; goes on where it was interrupted')
    .option('--restart', 'begin a new generation and fill the topics again')
    .addOption(takeOver)
    .addOption(acceptSource)
    .action(acting((options: PassFlags) => runOnePass('snapshot', options, signal)))
  program
    .command('update')
    .description('publish what changed since the last update')
    .addOption(takeOver)
    .addOption(acceptSource)
    .action(acting((options: PassFlags) => runOnePass('update', options, signal)))
  program
    .command('purge')
    .description('find what disappeared, prove it, delete it')
    .option('--dry-run', 'only say what it would do; exit code 3 if the guard would hold it')
    .option('--json', 'as JSON; with --dry-run also what would be deleted')
    .option('--approve-up-to <n>', 'let through what the guard would hold, up to n deletes', wholeNumber)
    .addOption(takeOver)
    .addOption(acceptSource)
    .action(acting((options: PassFlags) => runOnePass('purge', options, signal)))
  program
    .command('status')
    .description('how the feed is, in a dozen lines')
    .option('--json', 'as JSON')
    .action(acting((options: { json?: true }) => showStatus(options, signal)))
  program
    .command('tail')
    .description('events as they come')
    .option('--from-beginning', 'begin with the oldest event of the topics')
    .option('--until-end', 'the events from the oldest up to now, then end')
    .option('--limit <n>', 'end after so many', wholeNumber)
    .option('--key <key...>', 'only the events of these records')
    .addOption(new Option('--resource <name>', 'only those of this resource').choices(TAILED_RESOURCES))
    .option('--json', 'one JSON line an event')
    .action(acting((options: TailOptions) => tailEvents(options, signal)))
  program
    .command('simulate')
    .description('a simulated Spark API')
    .option('--listings <n>', 'listings at the start', wholeNumber, 1000)
    .option('--port <p>', 'port on loopback; 0 for any free one', wholeNumber, 8100)
    .option('--seed <s>', 'the same seed gives the same listings and changes', wholeNumber, 1)
    .option('--rate <n>', 'changes a minute', wholeNumber, 60)
    .option('--cache-lag <minutes>', 'longest time until a change is visible', wholeNumber, 0)
    .option('--stored-pages', 'keep rendered pages, for benchmarks')
    .action(acting((options: SimulateFlags) => runSimulator(options, signal)))
  const letters = program.command('dead-letters').description('records that could not be published')
  letters
    .command('list')
    .description('those that wait: key, size, time, pass and reason')
    .option('--all', 'settled ones too')
    .option('--json', 'one JSON object a line')
    .option('--raw', "the records' own JSON, one a line; with --json as its member")
    .action(acting((options: ListOptions) => listDeadLetters(options, signal)))
  letters
    .command('retry')
    .description('an update that also asks for their keys again; exit code 1 if one still waits')
    .argument('[keys...]', 'keys of the letters')
    .option('--all', 'all that wait')
    .addOption(takeOver)
    .addOption(acceptSource)
    .action(
      acting((keys: string[], { all, ...wishes }: PassFlags & { all?: true }, command: Command) => {
        if ((all === true) === keys.length > 0) command.error('error: name keys, or use --all')
        return retryDeadLetters(all === true ? 'all' : keys, wishes, signal)
      }),
    )
  const schema = program
    .command('schema')
    .description("the schema of listings, which follows the source's metadata")
  schema
    .command('show')
    .description('its fields, types and meanings')
    .option('--version <n>', 'of the subject; without it the latest', wholeNumber)
    .option('--json', 'the Avro schema itself')
    .action(acting((options: ShowOptions) => showSchema(options, signal)))
  schema
    .command('diff')
    .description('what changed between two versions, in words')
    .argument('[from]', 'version; without it the one before', wholeNumber)
    .argument('[to]', 'version; without it the latest', wholeNumber)
    .option('--json', 'as JSON')
    .action(
      acting((from: number | undefined, to: number | undefined, options: { json?: true }) =>
        diffSchemas({ from, to, json: options.json === true }, signal),
      ),
    )
  schema
    .command('check')
    .description("whether the source's metadata would change it; registers nothing; exit code 1 if it would")
    .option('--json', 'as JSON')
    .action(acting((options: { json?: true }) => checkSchema(options, signal)))
  schema
    .command('types')
    .description('TypeScript types of the events')
    .option('--version <n>', 'of the subject; without it the latest', wholeNumber)
    .action(acting((options: TypesOptions) => printTypes(options, signal)))
  program
    .command('asyncapi')
    .description('an AsyncAPI 3 document of the topics and schemas as they are, in YAML')
    .option('--json', 'as JSON')
    .action(acting((options: { json?: true }) => printAsyncApi(options, signal)))
  const index = program.command('index').description('the key index in DATA_DIR, a cache of the topics')
  index
    .command('check')
    .description('compare it with the topics, key by key; exit code 1 if they differ')
    .action(acting(() => checkIndex(signal)))
  index
    .command('rebuild')
    .description('build it anew from the topics; publishes nothing and asks the source nothing')
    .action(acting(() => rebuildIndexByHand(signal)))
  const stack = program.command('stack').description('Kafka and a schema registry on this machine')
  stack
    .command('up')
    .description('start both and wait until they answer')
    .option('--kafka-port <p>', 'port of the broker on loopback', wholeNumber, 9092)
    .option('--registry-port <p>', 'port of the registry on loopback', wholeNumber, 8081)
    .action(acting((flags: StackFlags) => runStack('up', flags, signal)))
  stack
    .command('down')
    .description('stop what "up" started')
    .option('--delete-data', 'and remove their data')
    .action(acting((flags: StackFlags) => runStack('down', flags, signal)))
  stack
    .command('status')
    .description('say what runs; exit code 1 unless all of it answers')
    .option('--json', 'as JSON')
    .action(acting((flags: StackFlags) => runStack('status', flags, signal)))
  program
    .command('demo')
    .description('everything once on this machine: stack, simulated market, all passes, comparison')
    .option('--keep', 'leave it running, with changes trickling in, until Ctrl-C')
    .option('--listings <n>', 'listings at the start', wholeNumber, 5000)
    .option('--seed <s>', 'of the simulated market', wholeNumber, 1)
    .action(acting((options: DemoFlags) => runDemo(options, signal)))
  return program
}

interface PassFlags {
  readonly restart?: true
  readonly dryRun?: true
  readonly json?: true
  readonly approveUpTo?: number
  readonly takeOver?: true
  readonly acceptSource?: true
}

interface DemoFlags {
  readonly keep?: true
  readonly listings: number
  readonly seed: number
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}
