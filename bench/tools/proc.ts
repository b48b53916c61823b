/** What proc(5) tells of other processes; undefined where there is no such file system, or the process is gone. */
import { readFileSync } from 'node:fs'

/** USER_HZ, which Linux shows as 100 to every program whatever the kernel counts in. */
const TICKS_PER_SECOND = 100

/** User and system, all threads. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // utime and stime are the 14th and 15th, counted with pid and name.
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return undefined
  }
}
