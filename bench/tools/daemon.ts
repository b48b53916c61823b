import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { text } from 'node:stream/consumers'

import { freePort } from '../../src/stack/ports.ts'
import { inherited, PROGRAM_FILE, type Variables } from './measured-program.ts'

const READY_MS = 120_000

export interface Daemon extends AsyncDisposable {
  /** Runs the pass and answers when it has ended. */
  update(): Promise<void>
}

/** `run`, ready: its first snapshot is done. Its own passes are far away; what it does, it is asked for. */
export async function startDaemon(settings: Variables, folder: string, signal: AbortSignal): Promise<Daemon> {
  const port = await freePort()
  const child = spawn(process.execPath, [PROGRAM_FILE, 'run'], {
    cwd: folder,
    env: {
      ...inherited(),
      ...settings,
      DATA_DIR: folder,
      HTTP_PORT: String(port),
      LOG_LEVEL: 'warn',
      UPDATE_INTERVAL: '6h',
      LAG_INTERVAL: '0s',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = text(child.stderr)
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  const daemon: Daemon = {
    async update() {
      const response = await fetch(`${url}/resources/listings/passes/update`, { method: 'POST', signal })
      const answer = await response.text()
      if (!response.ok) throw new Error(`The update was answered ${response.status}: ${answer}`)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(force)
    },
  }
  const deadline = performance.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The daemon ended with ${child.exitCode}: ${await said}`)
    const answer = await fetch(`${url}/readyz`, { signal }).catch(() => undefined)
    await answer?.text()
    if (answer?.ok === true) return daemon
    if (performance.now() > deadline) {
      await daemon[Symbol.asyncDispose]()
      throw new Error(`The daemon was not ready in time: ${await said}`)
    }
    await sleep(200, undefined, { signal })
  }
}
