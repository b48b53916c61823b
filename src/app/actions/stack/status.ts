/** `stack status`: what of the local stack runs. */
import type { StackStatus } from '../../../stack/stack-options.ts'
import { stackStatus } from '../../../stack/stack.ts'
import { printText } from '../../../support/print.ts'
import { alignColumns } from '../../reports/table.ts'

export async function showStackStatus({ json }: { json?: true }, signal: AbortSignal): Promise<number> {
  const status = await stackStatus({}, signal)
  printText(`${json === true ? JSON.stringify(status, undefined, 2) : describeStack(status)}\n`)
  return status.state === 'up' ? 0 : 1
}

/** For a person: what it is as a whole, then a line for each service. */
export function describeStack({ state, services, address }: StackStatus): string {
  const rows = services.map(({ name, address: at, pid, running, answers }) => {
    const condition = answers ? 'answers' : running ? 'runs, but does not answer' : 'does not run'
    return [name, at, pid === undefined ? condition : `${condition} (process ${pid})`]
  })
  const title = {
    up: `up, by ${address?.engine === 'docker' ? 'Docker Compose' : 'the JVM'}`,
    partial: 'partly up: "listingstream stack up" starts the rest',
    down: 'down: "listingstream stack up" starts it',
  }[state]
  return [`stack: ${title}`, ...alignColumns(rows).map((line) => `  ${line}`)].join('\n')
}
