import { readFileSync } from 'node:fs'

import { errorCode } from './error-code.ts'

/** Whether a process of this number lives, be it under another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** The kernel tells times to programs in hundredths of a second, whatever it counts in itself. */
const MS_PER_TICK = 10

/**
 * When the process of this number began, by this machine's clock; undefined where the system has no `/proc`, or does not say. A
 * number is given to another process once it is free.
 */
export function processBeganAt(pid: number): number | undefined {
  try {
    // The name of the program may hold blanks and brackets: fields are counted behind it. The 22nd is the begin, since the boot.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[22 - 3])
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    return Number.isFinite(ticks) && Number.isFinite(boot) ? boot * 1_000 + ticks * MS_PER_TICK : undefined
  } catch {
    return undefined
  }
}
