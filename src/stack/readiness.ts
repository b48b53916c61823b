import { sleep } from '../support/abort.ts'
import { countLiveBrokers } from './kafka-probe.ts'
import { loopback } from './ports.ts'
import { StackError } from './stack-error.ts'

export function registryUrl(port: number): string {
  return `http://${loopback}:${port}/apis/ccompat/v7`
}

export async function registryAnswers(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(5_000)])
    const response = await fetch(`${registryUrl(port)}/subjects`, { signal: limit })
    await response.arrayBuffer()
    return response.ok
  } catch {
    signal.throwIfAborted()
    return false
  }
}

/** Whether the broker at `port` answers and knows at least `brokers` live ones. */
export async function kafkaAnswers(port: number, brokers: number, signal: AbortSignal): Promise<boolean> {
  return (await countLiveBrokers(loopback, port, signal)) >= brokers
}

export interface Wait {
  readonly what: string
  readonly timeoutMs: number
  /** Where to read why it did not come up. */
  readonly logs: string
  readonly ready: (signal: AbortSignal) => Promise<boolean>
  /** Ends the wait early when there is nothing left to wait for. */
  readonly alive: (signal: AbortSignal) => Promise<boolean>
}

/** @throws StackError `STACK_START_FAILED` when it ends or does not answer in time. */
export async function waitUntilReady(wait: Wait, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + wait.timeoutMs
  while (!(await wait.ready(signal))) {
    if (!(await wait.alive(signal))) {
      throw new StackError('STACK_START_FAILED', `${wait.what} ended while it started; see ${wait.logs}.`)
    }
    if (performance.now() > deadline) {
      throw new StackError(
        'STACK_START_FAILED',
        `${wait.what} did not answer within ${wait.timeoutMs / 1000} s; see ${wait.logs}.`,
      )
    }
    await sleep(200, signal)
  }
}
