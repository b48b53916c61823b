import { stackDown, stackStatus, stackUp } from '../stack/stack.ts'
import { printLine, printText } from '../support/print.ts'
import { printable } from '../support/printable.ts'

export interface StackFlags {
  readonly kafkaPort?: number
  readonly registryPort?: number
  readonly deleteData?: true
}

/** Progress goes to stderr, what a script may want to read to stdout. */
export async function runStack(
  action: 'up' | 'down' | 'status',
  flags: StackFlags,
  signal: AbortSignal,
): Promise<number> {
  const progress = (line: string): void => void process.stderr.write(`${printable(line)}\n`)
  switch (action) {
    case 'up': {
      const { brokers, registryUrl } = await stackUp({ ...flags, progress }, signal)
      printLine(`KAFKA_BROKERS=${brokers.join(',')} SCHEMA_REGISTRY_URL=${registryUrl}`)
      return 0
    }
    case 'down':
      await stackDown({ progress, deleteData: flags.deleteData ?? false }, signal)
      return 0
    case 'status': {
      const status = await stackStatus({}, signal)
      printText(`${JSON.stringify(status, undefined, 2)}\n`)
      return status.state === 'up' ? 0 : 1
    }
  }
}
