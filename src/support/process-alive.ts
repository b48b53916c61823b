import { readFileSync } from 'node:fs'

import { errorCode } from './error-code.ts'

/**
 * Whether a process of this number lives, be it under another user. One that has ended, and whose parent has not asked how (as in
 * containers whose first process never does), does not.
 */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
  return !ENDED.has(statOf(pid)?.[STATE] ?? '')
}

/**
 * When the process of this number began, by this machine's clock; undefined where the system has no `/proc`, or does not say. A
 * number is given to another process once it is free.
 */
export function processBeganAt(pid: number): number | undefined {
  const ticks = Number(statOf(pid)?.[BEGIN])
  const boot = Number(/^btime (\d+)$/m.exec(textOf('/proc/stat'))?.[1])
  return Number.isFinite(ticks) && Number.isFinite(boot) ? boot * 1_000 + ticks * MS_PER_TICK : undefined
}

/** Zombie, and dead. */
const ENDED: ReadonlySet<string> = new Set(['Z', 'X'])
/** Among the fields behind the name: the third and the 22nd of all. */
const STATE = 0
const BEGIN = 19
/** The kernel tells times to programs in hundredths of a second, whatever it counts in itself. */
const MS_PER_TICK = 10

/** The name of the program may hold blanks and brackets: fields are counted behind it. */
function statOf(pid: number): readonly string[] | undefined {
  const text = textOf(`/proc/${pid}/stat`)
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
