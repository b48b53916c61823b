import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { sleep } from '../support/abort.ts'
import { runCommand } from './run-command.ts'
import { StackError } from './stack-error.ts'

/** A process that outlives the one that started it. */
export interface DetachedProcess {
  readonly pid: number
  /** What the system says about when it started; tells it from a later process with the same pid. */
  readonly startedAt: string
}

export interface DetachedCommand {
  readonly file: string
  readonly args: readonly string[]
  /** Its standard output and error are appended here. */
  readonly logFile: string
}

/** Starts it in a process group of its own, so that Ctrl-C in the terminal does not reach it. */
export async function startDetached(command: DetachedCommand, signal: AbortSignal): Promise<DetachedProcess> {
  await mkdir(dirname(command.logFile), { recursive: true })
  await using log = await open(command.logFile, 'a')
  signal.throwIfAborted()
  const child = spawn(command.file, command.args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
  const { promise: spawned, resolve, reject } = Promise.withResolvers<void>()
  child.once('spawn', resolve)
  child.once('error', reject)
  try {
    await spawned
  } catch (cause) {
    throw new StackError('STACK_START_FAILED', `${command.file} could not be started.`, cause)
  }
  child.unref()
  const pid = child.pid
  // Not cancellable: a process that is running has to be known, or nobody could stop it.
  const startedAt = pid === undefined ? undefined : await startTimeOf(pid, AbortSignal.timeout(10_000))
  if (pid === undefined || startedAt === undefined) {
    throw new StackError('STACK_START_FAILED', `${command.file} ended at once; see ${command.logFile}.`)
  }
  return { pid, startedAt }
}

export async function isRunning(process: DetachedProcess, signal: AbortSignal): Promise<boolean> {
  return (await startTimeOf(process.pid, signal)) === process.startedAt
}

/**
 * SIGTERM, then SIGKILL after `graceMs`. A process that is gone, or whose pid now belongs to another one, is left alone.
 */
export async function stopDetached(
  process: DetachedProcess,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (!(await signalIfRunning(process, 'SIGTERM', signal))) return
  if (await endsWithin(process, graceMs, signal)) return
  await signalIfRunning(process, 'SIGKILL', signal)
  if (await endsWithin(process, 5_000, signal)) return
  throw new StackError('STACK_STOP_FAILED', `Process ${process.pid} does not end; stop it by hand.`)
}

async function signalIfRunning(
  target: DetachedProcess,
  name: 'SIGTERM' | 'SIGKILL',
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await isRunning(target, signal))) return false
  try {
    return process.kill(target.pid, name)
  } catch (cause) {
    if (!(await isRunning(target, signal))) return false
    throw new StackError(
      'STACK_STOP_FAILED',
      `Process ${target.pid} cannot be stopped by this user; stop it by hand.`,
      cause,
    )
  }
}

async function endsWithin(process: DetachedProcess, ms: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + ms
  while (await isRunning(process, signal)) {
    if (performance.now() > deadline) return false
    await sleep(50, signal)
  }
  return true
}

/** `undefined` for a pid that nobody has, or whose process has ended and only waits to be collected. */
async function startTimeOf(pid: number, signal: AbortSignal): Promise<string | undefined> {
  if (process.platform === 'linux') return await startTimeFromProc(pid)
  const { exitCode, stdout } = await runCommand(
    'ps',
    ['-o', 'lstart=', '-p', String(pid)],
    { timeoutMs: 5_000 },
    signal,
  )
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}

/** Boot id and field 22 of proc_pid_stat(5), ticks since boot; the fields after the name, which may hold anything. */
async function startTimeFromProc(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const state = fields[0]
    const ticks = fields[19]
    if (state === 'Z' || state === 'X' || ticks === undefined) return undefined
    return `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}/${ticks}`
  } catch {
    return undefined
  }
}
