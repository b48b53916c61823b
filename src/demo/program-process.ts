import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { orAborted } from '../support/abort.ts'
import { ListingstreamError } from '../support/errors.ts'

/** Our own entry point, in `src/` or in `dist/`, whichever this runs from. */
export const PROGRAM_FILE = fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url))

/** Below the ten seconds that the whole program has from the first signal to its end. */
const STOP_GRACE_MS = 5_000
/** What a child needs of our environment; everything else could be a setting of another feed. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'] as const
const LINES_SHOWN = 12

export interface ProgramOptions {
  /** Command and flags, e.g. `['purge', '--dry-run']`. */
  readonly args: readonly string[]
  /** The only settings that it gets. */
  readonly settings: Readonly<Record<string, string>>
  /** Working directory; its log is written there too. */
  readonly folder: string
}

/** The program as a process of its own, with a log in a file. Disposing of it stops it and waits for its end. */
export class ProgramProcess implements AsyncDisposable {
  readonly logFile: string
  /** Null if a signal ended it. */
  readonly exited: Promise<number | null>
  readonly #name: string
  readonly #child: ChildProcess
  readonly #killNow = (): void => void this.#child.kill('SIGKILL')
  #stdout = ''

  private constructor(name: string, child: ChildProcess, logFile: string) {
    this.#name = name
    this.#child = child
    this.logFile = logFile
    // Where a forced exit ends this process, nobody else would end the child.
    process.once('exit', this.#killNow)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.exited = once(child, 'close').then(([code]: unknown[]) => {
      process.off('exit', this.#killNow)
      return typeof code === 'number' ? code : null
    })
    this.exited.catch(() => process.off('exit', this.#killNow))
  }

  static async start({ args, settings, folder }: ProgramOptions): Promise<ProgramProcess> {
    const name = args[0] ?? 'listingstream'
    const logFile = join(folder, `${name}.log`)
    await using log = await open(logFile, 'a')
    const inherited = INHERITED.map((variable) => [variable, process.env[variable]])
    const child = spawn(process.execPath, [PROGRAM_FILE, ...args], {
      cwd: folder,
      env: {
        ...Object.fromEntries(inherited),
        ...settings,
        // The next process of the same folder starts in half the time.
        NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
      },
      stdio: ['ignore', 'pipe', log.fd],
      // A process group of its own: Ctrl-C in the terminal is ours to pass on.
      detached: true,
    })
    return new ProgramProcess(name, child, logFile)
  }

  /** What it wrote to standard output. @throws {ListingstreamError} DEMO_COMMAND_FAILED with the end of its log */
  async requireSuccess(signal: AbortSignal): Promise<string> {
    const code = await orAborted(this.exited, signal)
    if (code === 0) return this.#stdout.trim()
    const log = await readFile(this.logFile, 'utf8')
    const lines = [...this.#stdout.trim().split('\n'), ...log.trim().split('\n').slice(-LINES_SHOWN)]
    throw new ListingstreamError(
      `"listingstream ${this.#name}" ended with exit code ${code ?? 'of a signal'}. The end of what it said:\n${lines.join('\n')}`,
      { code: 'DEMO_COMMAND_FAILED', retryable: false, disposition: 'stop' },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.exited.catch(() => undefined)
    this.#child.kill('SIGTERM')
    const force = setTimeout(this.#killNow, STOP_GRACE_MS)
    await ended
    clearTimeout(force)
  }
}

/** Runs one command to its end; answers what it wrote to standard output. */
export async function runProgram(options: ProgramOptions, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  await using program = await ProgramProcess.start(options)
  return await program.requireSuccess(signal)
}
