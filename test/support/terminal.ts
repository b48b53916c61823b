import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { orAborted } from '../../src/support/abort.ts'

const PROGRAM = join(import.meta.dirname, '../../src/cli/main.ts')
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'] as const
/** Node has no pseudo-terminals of its own. */
const ON_A_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

export interface TerminalExit {
  readonly code: number | null
  /** All that was written, as it was. */
  readonly screen: string
  /** Whole lines without escapes, each as it stood at its end. */
  readonly lines: readonly string[]
}

/** Runs a command to its end with a pseudo-terminal as its standard streams. */
export async function runOnTerminal(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<TerminalExit> {
  const inherited = INHERITED.map((name) => [name, process.env[name]])
  const child = spawn('python3', ['-c', ON_A_TERMINAL, process.execPath, PROGRAM, ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), TERM: 'xterm', ...settings },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const exited = once(child, 'close')
  try {
    const [code] = await orAborted(exited, signal)
    const lines = screen.split(/\r?\n/).map((line) => stripVTControlCharacters(line.split('\r').at(-1) ?? ''))
    return { code: typeof code === 'number' ? code : null, screen, lines }
  } finally {
    child.stdin.end()
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
}
