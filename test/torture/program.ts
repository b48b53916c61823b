import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { sleep } from '../../src/support/abort.ts'
import type { KillPoint } from './kill-point.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const KILL_POINTS = new URL('kill-points.ts', import.meta.url).href
const SHIFTED_CLOCK = new URL('shifted-clock.ts', import.meta.url).href
const SABOTEUR = new URL('sabotage.ts', import.meta.url).href
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'] as const
const POLL_MS = 10

export interface Aim {
  readonly point: KillPoint
  /** The nth passage. */
  readonly nth: number
  /** @default SIGKILL */
  readonly signal?: 'SIGKILL' | 'SIGSTOP'
}

export interface ProgramOptions {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Working directory and place of its log. */
  readonly folder: string
  readonly aim?: Aim | undefined
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One process of the real program. */
export class Program implements AsyncDisposable {
  readonly args: readonly string[]
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #logFile: string
  /** Where its own part of the log begins, in bytes. */
  readonly #logStart: number
  #exit: Exit | undefined

  private constructor(args: readonly string[], child: ChildProcess, logFile: string, logStart: number) {
    this.args = args
    this.#child = child
    this.#logFile = logFile
    this.#logStart = logStart
    this.pid = child.pid ?? -1
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    this.exited = once(child, 'exit').then(([code, signal]: unknown[]): Exit => {
      process.off('exit', kill)
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null }
      return this.#exit
    })
  }

  static async start({ args, env, folder, aim }: ProgramOptions): Promise<Program> {
    const logFile = join(folder, 'program.log')
    await using log = await open(logFile, 'a')
    await log.write(`# ${args.join(' ')}${aim === undefined ? '' : ` (${aim.point}:${aim.nth})`}\n`)
    const logStart = (await log.stat()).size
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]))
    const aimed =
      aim === undefined
        ? {}
        : { TORTURE_POINT: `${aim.point}:${aim.nth}`, TORTURE_SIGNAL: aim.signal ?? 'SIGKILL' }
    const preload = [
      ...(aim === undefined ? [] : ['--import', KILL_POINTS]),
      ...('TORTURE_CLOCK_MS' in env ? ['--import', SHIFTED_CLOCK] : []),
      ...('TORTURE_SABOTAGE' in env ? ['--import', SABOTEUR] : []),
    ]
    const child = spawn(process.execPath, ['--no-warnings', ...preload, MAIN, ...args], {
      cwd: folder,
      env: { ...inherited, ...env, ...aimed },
      stdio: ['ignore', log.fd, log.fd],
    })
    return new Program(args, child, logFile, logStart)
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Kills it and waits for its end; a process that is stopped dies too. */
  async kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  /** Its end within `ms`, else undefined. */
  async ends(ms: number, signal: AbortSignal): Promise<Exit | undefined> {
    const until = performance.now() + ms
    while (this.#exit === undefined && performance.now() < until) await sleep(POLL_MS, signal)
    return this.#exit
  }

  /** Whether a SIGSTOP has reached it within `ms`. */
  async isStopped(ms: number, signal: AbortSignal): Promise<boolean> {
    const until = performance.now() + ms
    while (this.#exit === undefined && performance.now() < until) {
      const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '')
      if (stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'T') return true
      await sleep(POLL_MS, signal)
    }
    return false
  }

  /** Of all processes of the run. */
  async log(): Promise<string> {
    return readFile(this.#logFile, 'utf8')
  }

  /** Since it was started; what others say at the same time is in it, too. */
  async logSince(): Promise<string> {
    return (await readFile(this.#logFile)).subarray(this.#logStart).toString('utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) await this.kill()
  }
}
