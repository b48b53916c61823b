import { cp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import { makeTopic } from './feed-topics.ts'

const indexOf = (arena: Arena): string => join(arena.dataDir, 'index')

/** Runs the daemon for a while, so that there is an index that something can happen to. */
async function runAWhile(arena: Arena): Promise<void> {
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(400, 1_500)
  if (arena.prng.below(2) === 0) await daemon.kill()
  else {
    daemon.signal('SIGTERM')
    await daemon.exited
  }
}

/** Also under a running daemon, which then works on files that nobody else can see. */
export async function deleteIndex(arena: Arena): Promise<void> {
  await runAWhile(arena)
  await rm(arena.prng.below(2) === 0 ? indexOf(arena) : arena.dataDir, { recursive: true, force: true })
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(100, 800)
  await rm(arena.dataDir, { recursive: true, force: true })
  await arena.pause(100, 800)
  await daemon.kill()
}

export async function truncateIndex(arena: Arena): Promise<void> {
  const rounds = 1 + arena.prng.below(2)
  for (let i = 0; i < rounds; i += 1) {
    await runAWhile(arena)
    const file = await anyFile(arena)
    const { length } = await readFile(file)
    await truncate(file, arena.prng.below(length + 1))
  }
  await runAWhile(arena)
}

export async function flipIndex(arena: Arena): Promise<void> {
  const rounds = 1 + arena.prng.below(2)
  for (let i = 0; i < rounds; i += 1) {
    await runAWhile(arena)
    const flips = 1 + arena.prng.below(4)
    for (let flip = 0; flip < flips; flip += 1) {
      const file = await anyFile(arena)
      const bytes = await readFile(file)
      if (bytes.length === 0) continue
      const at = arena.prng.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << arena.prng.below(8))
      await writeFile(file, bytes)
    }
  }
  await runAWhile(arena)
}

/** An index from before; in half of the runs so old for its topic that tombstones may be missing from its tail. */
export async function putBackIndex(arena: Arena): Promise<void> {
  const tooOld = arena.prng.below(2) === 0
  const short = { 'delete.retention.ms': '1000' }
  if (tooOld) for (const { name } of arena.resources) await makeTopic(arena, name, short)
  arena.forgetsDeletes = tooOld
  await runAWhile(arena)
  const copy = join(arena.folder, 'copy')
  await cp(indexOf(arena), copy, { recursive: true })
  await runAWhile(arena)
  if (tooOld) await sleep(500, arena.signal)
  await rm(indexOf(arena), { recursive: true, force: true })
  await cp(copy, indexOf(arena), { recursive: true })
  await runAWhile(arena)
}

async function anyFile(arena: Arena): Promise<string> {
  const names = (await readdir(indexOf(arena))).filter((name) => name !== 'LOCK' && name !== 'LOG')
  return join(indexOf(arena), pick(names.sort(), arena.prng.next32()))
}
