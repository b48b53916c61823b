import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Arena } from './arena.ts'

const run = promisify(execFile)

/**
 * The data folder on a small tmpfs that is filled up while the program works, then freed again. Needs the right to mount.
 */
export async function fillDisk(arena: Arena): Promise<void> {
  await mkdir(arena.dataDir, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', arena.dataDir])
  arena.atEnd(async () => void (await run('umount', ['-l', arena.dataDir])))
  const daemon = await arena.start(['run'])
  if (arena.prng.below(4) > 0) await arena.opened(daemon)
  await arena.pause(0, 600)
  const filler = join(arena.dataDir, 'filler')
  await writeFile(filler, Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined)
  await arena.pause(300, 2_500)
  if (arena.prng.below(2) === 0) await daemon.kill()
  await rm(filler, { force: true })
  if (daemon.exit !== undefined) await arena.opened(await arena.start(['run']))
  await arena.pause(200, 800)
}

/** Whether this user may mount a tmpfs. */
export async function mayMount(folder: string): Promise<boolean> {
  const place = join(folder, 'mount-probe')
  await mkdir(place, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place])
    await run('umount', [place])
    return true
  } catch {
    return false
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
