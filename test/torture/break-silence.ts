import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { staleKeys } from './judge.ts'
import { LISTS, type JudgedResource } from './judged-resources.ts'
import { lose, run, type Running } from './operator.ts'
import { ask, filled, unsettled } from './settle.ts'

const [LISTINGS, ACCOUNTS] = LISTS
const WITHIN_MS = 90_000
const POLL_MS = 100
/** So long after the last one begins, the next sweep that is asked for is one again. */
const DUE_MS = 500
/** A right flips for a few: below what the guard judges. */
const FIELDS = ['ListPrice', 'City', 'StateOrProvince'] as const

/** Keys that changed, by the resource. */
type Changed = ReadonlyMap<JudgedResource, readonly string[]>

/**
 * Records change without a stamp: no update tells of it, and no sweep that compares versions. What compares the content of all
 * finds them, while the market moves and processes die (R5).
 */
export async function changeSilently(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, signal } = arena
  arena.change({ RECONCILE_INTERVAL: '700ms' })
  let running = await run(arena, 'busy')
  if (!(await filled(running.url, signal))) return [unsettled('the first snapshot did not end')]
  const rounds = 2 + prng.below(3)
  for (let i = 0; i < rounds; i += 1) {
    await arena.pause(50, 900)
    silently(arena, i)
    await arena.pause(50, 1_500)
    if (prng.below(3) === 0) continue
    await lose(arena, running.daemon)
    running = await run(arena, 'busy')
  }
  market.pause()
  // In no window that an update has still to read.
  const last = silently(arena, rounds)
  await sleep(arena.cacheLagMs, signal)
  const findings: Finding[] = []
  for (const [resource, keys] of last) {
    findings.push(...(await reconciled(arena, running, resource)))
    const who = 'no content reconcile brought what changed without a stamp'
    findings.push(...(await staleKeys(arena, resource, keys, who)))
  }
  market.resume()
  return findings
}

function silently(arena: Arena, number: number): Changed {
  const { market, prng, simulator } = arena
  const listings = market.someKeys(1 + prng.below(12), prng)
  const field = pick(FIELDS, prng.next32())
  const kind = pick(['set', 'mask', 'unmask'] as const, prng.next32())
  if (kind === 'set') {
    const fields = { Disclaimer: `Without a stamp, ${number}.` }
    market.apply({ action: 'set', keys: listings, fields, stamp: false })
  } else market.apply({ action: kind, fields: [field], keys: listings })
  const collection = simulator.collection(ACCOUNTS.name)
  const all = [...(collection?.truth().keys() ?? [])]
  const accounts = all.filter(() => prng.below(8) === 0)
  if (accounts.length > 0) {
    const fields = { Name: `Without a Stamp, ${number}` }
    collection?.obey({ action: 'set', keys: accounts, fields, stamp: false })
  }
  return new Map([
    [LISTINGS, listings],
    [ACCOUNTS, accounts],
  ])
}

/** Two of them: the first may be an interrupted one that has passed a key before it changed. */
async function reconciled(
  arena: Arena,
  { url, daemon }: Running,
  { name }: JudgedResource,
): Promise<readonly Finding[]> {
  const until = performance.now() + WITHIN_MS
  for (let completed = 0; completed < 2;) {
    const answer = await ask(url, 'purge', arena.signal, name)
    if (answer === 'completed') {
      completed += 1
      await sleep(DUE_MS, arena.signal)
    } else if (daemon.exit !== undefined || performance.now() > until)
      return [unsettled(`a content reconcile of ${name} does not complete: ${answer}`)]
    else await sleep(POLL_MS, arena.signal)
  }
  return []
}
