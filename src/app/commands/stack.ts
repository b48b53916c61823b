import type { StackStatus } from '../../stack/stack-options.ts'
import { stackDown, stackStatus, stackUp } from '../../stack/stack.ts'
import { printLine, printText } from '../../support/print.ts'
import { printable } from '../../support/printable.ts'

export interface StackFlags {
  readonly kafkaPort?: number
  readonly registryPort?: number
  readonly deleteData?: true
  readonly json?: true
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
      printText(`${flags.json === true ? JSON.stringify(status, undefined, 2) : describeStack(status)}\n`)
      return status.state === 'up' ? 0 : 1
    }
  }
}

/** For a person: what it is as a whole, then a line for each service. */
export function describeStack({ state, services, address }: StackStatus): string {
  const rows = services.map(({ name, address: at, pid, running, answers }) => {
    const condition = answers ? 'answers' : running ? 'runs, but does not answer' : 'does not run'
    return [name, at, pid === undefined ? condition : `${condition} (process ${pid})`]
  })
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  const title = {
    up: `up, by ${address?.engine === 'docker' ? 'Docker Compose' : 'the JVM'}`,
    partial: 'partly up: "listingstream stack up" starts the rest',
    down: 'down: "listingstream stack up" starts it',
  }[state]
  return [`stack: ${title}`, ...lines.map((line) => `  ${line}`.trimEnd())].join('\n')
}
