import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { PROGRAM_FILE } from '../src/demo/program-process.ts'

export const SIMULATOR_TOKEN = 'simulator-token'

/** A process of its own, so that its work is not counted as the program's. */
export async function startSimulator(
  listings: number,
  flags: readonly string[] = [],
): Promise<AsyncDisposable & { readonly url: string }> {
  const all = [...flags, '--rate', '0', '--port', '0', '--listings', String(listings)]
  const child = spawn(process.execPath, [PROGRAM_FILE, 'simulate', ...all], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const url = /SPARK_API_URL=(\S+)/.exec(String(line))?.[1]
  if (url === undefined) throw new Error(`The simulator said: ${String(line)}`)
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
