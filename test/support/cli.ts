import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { orAborted } from '../../src/support/abort.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'src/cli/main.ts')
/** Stripping the types of all files is most of a command's start. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/listingstream-e2e')
/** What a child needs of our environment; everything else could be a setting. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'] as const

export interface CliOptions {
  /** Command and flags, e.g. `['purge', '--dry-run']`. */
  readonly args: readonly string[]
  /** The only settings that it gets. */
  readonly settings: Readonly<Record<string, string>>
  /** Working directory. */
  readonly folder: string
}

export interface CliExit {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The real program as a process of its own. Disposing of it kills it. */
export class CliProcess implements AsyncDisposable {
  readonly exited: Promise<CliExit>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #wake = Promise.withResolvers<void>()

  constructor({ args, settings, folder }: CliOptions) {
    const inherited = INHERITED.map((name) => [name, process.env[name]])
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: COMPILE_CACHE, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#wake.resolve()
      this.#wake = Promise.withResolvers()
    })
    // A test that runs out of time leaves nobody else to end it.
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    this.exited = once(child, 'close').then(([code, signal]: unknown[]) => {
      process.off('exit', kill)
      this.#wake.resolve()
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        stdout: this.#stdout,
        stderr: this.#stderr,
      }
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get stderr(): string {
    return this.#stderr
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<CliExit> {
    this.#child.kill(signal)
    return this.exited
  }

  /** Resolves once the text is on stderr; rejects if the process ends without it. */
  async logged(text: string, signal: AbortSignal): Promise<void> {
    while (!this.#stderr.includes(text)) {
      if (!this.running) throw new Error(`It ended without logging ${JSON.stringify(text)}:\n${this.#stderr}`)
      await orAborted(this.#wake.promise, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) await this.kill()
  }
}

/** Runs one command to its end. */
export async function runCli(options: CliOptions, signal: AbortSignal): Promise<CliExit> {
  await using program = new CliProcess(options)
  try {
    return await orAborted(program.exited, signal)
  } catch (cause) {
    const said = program.stderr.slice(-4_000)
    throw new Error(`${options.args.join(' ')} did not end in time. It said:\n${said}`, { cause })
  }
}
