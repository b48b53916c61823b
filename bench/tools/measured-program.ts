/** The program as it is shipped, one command in a process of its own, and what that process took. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { z } from 'zod'

export const PROGRAM_FILE = join(import.meta.dirname, '../../dist/cli/main.js')

export type Variables = Readonly<Record<string, string>>

interface ProgramRun {
  /** Command and flags. */
  readonly args: readonly string[]
  /** The only settings that it gets, beside DATA_DIR and a log of `info`. */
  readonly settings: Variables
  /** DATA_DIR and working directory. */
  readonly folder: string
  /** For `node`, e.g. `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
}

export interface Measured {
  /** From `spawn` to the end of the process. */
  readonly wallSeconds: number
  /** User and system, all threads, start and end included. */
  readonly cpuSeconds: number
  readonly peakRssMb: number
  readonly stdout: string
  readonly log: readonly LogLine[]
}

const LOG_LINE = z.looseObject({ time: z.iso.datetime().pipe(z.coerce.date()), msg: z.string() })
type LogLine = z.output<typeof LOG_LINE>

const USAGE = z.object({ cpuMicros: z.number(), peakKb: z.number() })

/**
 * Of the process at its end, over a pipe of its own. `maxRSS` would carry what the parent had over `exec`: VmHWM of proc(5) is
 * the process' own.
 */
const REPORT_USAGE = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync, writeSync } from 'node:fs'
   const peak = () => {
     try { return Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) }
     catch { return process.resourceUsage().maxRSS }
   }
   process.once('exit', () => {
     const { userCPUTime, systemCPUTime } = process.resourceUsage()
     writeSync(3, JSON.stringify({ cpuMicros: userCPUTime + systemCPUTime, peakKb: peak() }))
   })`,
)}`

/** @throws {Error} with the end of what it said, unless it ends with exit code 0 */
export async function runMeasured(run: ProgramRun, signal: AbortSignal): Promise<Measured> {
  return await measureProcess(
    {
      file: PROGRAM_FILE,
      args: run.args,
      nodeFlags: run.nodeFlags ?? [],
      cwd: run.folder,
      env: { ...run.settings, DATA_DIR: run.folder, LOG_LEVEL: 'info' },
    },
    signal,
  )
}

interface NodeProcess {
  readonly file: string
  readonly args: readonly string[]
  readonly nodeFlags?: readonly string[]
  readonly cwd: string
  readonly env: Variables
}

export async function measureProcess(run: NodeProcess, signal: AbortSignal): Promise<Measured> {
  const begun = performance.now()
  const args = [...(run.nodeFlags ?? []), '--import', REPORT_USAGE, run.file, ...run.args]
  const child = spawn(process.execPath, args, {
    cwd: run.cwd,
    env: { ...inherited(), ...run.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal,
  })
  const [, output, errors, report] = child.stdio
  if (output === null || errors === null || report === null || report === undefined || !('read' in report)) {
    throw new Error('The process was started without its pipes.')
  }
  const closed = once(child, 'close')
  const stdoutText = text(output)
  const usageText = text(report)
  const said: string[] = []
  for await (const line of createInterface({ input: errors })) said.push(line)
  await closed
  const wallSeconds = (performance.now() - begun) / 1000
  if (child.exitCode !== 0) {
    const end = [...said.slice(-10), (await stdoutText).slice(-2000)].join('\n')
    throw new Error(`"${run.args.join(' ')}" ended with ${child.exitCode ?? child.signalCode}:\n${end}`)
  }
  const usage = USAGE.parse(JSON.parse(await usageText))
  return {
    wallSeconds,
    cpuSeconds: usage.cpuMicros / 1e6,
    peakRssMb: usage.peakKb / 1024,
    stdout: await stdoutText,
    log: said.flatMap(logLine),
  }
}

/** None of a line that is not of the program's log. */
function logLine(line: string): readonly LogLine[] {
  if (!line.startsWith('{')) return []
  const parsed = LOG_LINE.safeParse(JSON.parse(line))
  return parsed.success ? [parsed.data] : []
}

/** All that a child gets of our environment: anything else could be a setting. */
export function inherited(): Variables {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG']
  return Object.fromEntries(
    names.flatMap((name) => [[name, process.env[name] ?? '']]).filter(([, v]) => v !== ''),
  )
}

/** Of a pass: from the index that is up with the topics to the end of the pass, by the program's own clock. */
export function passSeconds({ log }: Measured): number {
  return (timeOf('pass completed', log) - timeOf('key index is up with the topics', log)) / 1000
}

function timeOf(message: string, log: readonly LogLine[]): number {
  const line = log.find(({ msg }) => msg === message)
  if (line === undefined) throw new Error(`The program did not log "${message}", so nothing was measured.`)
  return line.time.getTime()
}
