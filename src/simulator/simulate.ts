import { startSimulator } from './server/start-simulator.ts'
import type { ServerOptions } from './server/start-simulator.ts'
import type { SimulatorOptions } from './simulator.ts'

export interface SimulateOptions extends SimulatorOptions, ServerOptions {
  /** Changes a minute by themselves; 0 for none. @default 0 */
  readonly ratePerMinute?: number
  /** Where the line goes that says how it is reached. @default standard output */
  readonly write?: (line: string) => void
}

/** Runs the simulator until the signal aborts, then resolves. */
export async function simulate(options: SimulateOptions, signal: AbortSignal): Promise<void> {
  const { ratePerMinute = 0, write = (line) => process.stdout.write(line), ...rest } = options
  signal.throwIfAborted()
  await using server = await startSimulator(rest)
  const { simulator, url, authorityFile } = server
  const trust = authorityFile === undefined ? '' : ` NODE_EXTRA_CA_CERTS=${authorityFile}`
  write(`SPARK_API_URL=${url} SPARK_ACCESS_TOKEN=${simulator.accessToken}${trust}\n`)
  if (ratePerMinute > 0) simulator.start(ratePerMinute)
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
