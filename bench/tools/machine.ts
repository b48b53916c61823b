import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

import { z } from 'zod'

import { PROGRAM } from '../../src/app/version.ts'

export const MACHINE = z.object({
  program: z.string(),
  /** `-dirty` behind it if the worktree differed. */
  commit: z.string(),
  date: z.string(),
  node: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryGb: z.number(),
  kernel: z.string(),
  /** Of one minute, before the first measurement. */
  loadBefore: z.number(),
})

export function describeMachine(): z.output<typeof MACHINE> {
  return {
    program: PROGRAM,
    commit: commit(),
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadBefore: loadavg()[0] ?? 0,
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return 'unknown'
  }
}
