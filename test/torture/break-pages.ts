/** A source, or something before it, that sends what no reader expects. Nothing from outside may end the process. */
import type { Behaviour } from '../../src/simulator/behaviour.ts'
import { POISONS } from '../../src/simulator/behaviour.ts'
import type { FaultRule } from '../../src/simulator/faults.ts'
import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import { arrive, listingsArrive } from './arrivals.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { LISTS } from './judged-resources.ts'
import { unsettled } from './settle.ts'

const LISTINGS = '/v1/listings'
/** Longer than this a health check must not wait. */
const SILENT_MS = 2_000
const ENDS_WITHIN_MS = 15_000

type Poison = (typeof POISONS)[number]
/** What of it is no JSON, or deeper than anybody reads: a dead letter. The rest is published as it is. */
const UNREADABLE: ReadonlySet<Poison> = new Set<Poison>(['nan', 'deep'])

/**
 * Some listings are shown in a form that no reader expects; some are well again before the end, with a new stamp. What
 * can be read of them is published, what cannot is a dead letter, and all others go on without a wait.
 */
export async function poisonRecords(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, simulator, signal } = arena
  // In turn, so that every four seeds have them all.
  const poison = pick(POISONS, arena.seed)
  const keys = market.someKeys(1 + prng.below(3), prng)
  const poisoned = Object.fromEntries(keys.map((key) => [key, poison]))
  const spread = (): void => {
    simulator.configure({ poisoned })
    market.apply({ action: 'touch', keys })
  }
  const early = prng.below(2) === 0
  if (early) spread()
  const daemon = await arena.start(['run'])
  const url = await arena.opened(daemon)
  if (url === undefined) return [unsettled(`${poison}: run ended with ${JSON.stringify(daemon.exit)}`)]
  using silence = new Silence(url)
  await arena.pause(300, 800)
  if (!early) spread()
  const findings = [...(await listingsArrive(arena, daemon, keys, `${poison} in another listing`))]
  if (silence.longestMs > SILENT_MS) {
    findings.push(unsettled(`${poison}: /livez was silent for ${Math.round(silence.longestMs)} ms`))
  }
  if (UNREADABLE.has(poison)) arena.hadUnreadable = true
  else {
    // What the market did to them last may still be on its way.
    market.pause()
    findings.push(...(await arrive(arena, daemon, LISTS[0], keys, `${poison} in it`)))
    market.resume()
  }
  if (prng.below(2) === 0) {
    simulator.configure({ poisoned: {} })
    market.apply({ action: 'touch', keys })
  } else {
    arena.lasting = { ...arena.lasting, poisoned }
    if (UNREADABLE.has(poison)) for (const key of keys) arena.unreadable.add(key)
  }
  signal.throwIfAborted()
  return findings
}

/** Asks a daemon over and over whether it lives. */
class Silence implements Disposable {
  longestMs = 0
  readonly #stop = new AbortController()

  constructor(url: string) {
    void this.#listen(url)
  }

  async #listen(url: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const asked = performance.now()
      // One that has ended is told of elsewhere.
      const answered = await fetch(`${url}/livez`, { signal: this.#stop.signal }).then(
        () => true,
        () => false,
      )
      if (answered) this.longestMs = Math.max(this.longestMs, performance.now() - asked)
      await sleep(100, this.#stop.signal).catch(() => undefined)
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
  }
}

interface Trick {
  readonly behaviour?: Partial<Behaviour>
  readonly faults?: readonly FaultRule[]
  /** What it does to: a pass that runs alone, or the daemon. */
  readonly args: 'run' | 'snapshot' | 'purge'
  /** Exit code 0 is expected of a pass; otherwise it need only end. */
  readonly succeeds?: true
  readonly env?: Readonly<Record<string, string>>
}

/** A process that takes what it likes would take gigabytes, and the bench's machine with it. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=160' }
const BOMB = { kind: 'bomb', megabytes: 60 } as const
const NO_KEY_FILTER = { unsearchable: { ListingKey: 'refused' } } as const

const TRICKS: Readonly<Record<string, Trick>> = {
  'half a character as token': {
    args: 'run',
    faults: [{ fault: { kind: 'token', json: '"\\ud800"' }, path: LISTINGS, nth: 2, times: 2 }],
  },
  'tokens in a circle': { args: 'snapshot', behaviour: { endOfWalk: 'first-token' } },
  'an old token refused with 1040': {
    args: 'snapshot',
    succeeds: true,
    faults: [
      { fault: { kind: 'refused-token', code: 1040 }, path: LISTINGS, query: { _skiptoken: '*' }, nth: 3 },
    ],
  },
  'an old token refused with 2000': {
    args: 'purge',
    succeeds: true,
    faults: [
      { fault: { kind: 'refused-token', code: 2000 }, path: LISTINGS, query: { _skiptoken: '*' }, nth: 3 },
    ],
  },
  '200 with Code 404 for a key': {
    args: 'purge',
    succeeds: true,
    behaviour: NO_KEY_FILTER,
    faults: [{ fault: { kind: 'envelope-failure', code: 404 }, path: `${LISTINGS}/{Id}`, times: null }],
  },
  'a gzip bomb for metadata': {
    args: 'run',
    behaviour: { gzip: true },
    env: SMALL_HEAP,
    faults: [{ fault: BOMB, path: '/v1/standardfields', nth: 2 }],
  },
  'a gzip bomb for the system': {
    args: 'run',
    behaviour: { gzip: true },
    env: SMALL_HEAP,
    faults: [{ fault: BOMB, path: '/v1/system' }],
  },
  'a gzip bomb for a page': {
    args: 'run',
    behaviour: { gzip: true },
    env: SMALL_HEAP,
    faults: [{ fault: BOMB, path: LISTINGS, nth: 3 }],
  },
}

/** Two such answers in a run. A daemon must outlive them; a pass of its own must end, and where it can go on, go on. */
export async function playTricks(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng } = arena
  const snapshot = await arena.start(['snapshot'])
  await snapshot.exited
  const findings: Finding[] = []
  const names = Object.keys(TRICKS)
  const first = prng.below(names.length)
  const second = (first + 1 + prng.below(names.length - 1)) % names.length
  for (const at of [first, second]) {
    const name = names[at] ?? ''
    // Something for a purge to ask about.
    market.apply({ action: 'remove', count: 2 })
    market.pause()
    findings.push(...(await play(arena, name, TRICKS[name] ?? { args: 'run' })))
    market.resume()
  }
  return findings
}

async function play(arena: Arena, name: string, trick: Trick): Promise<readonly Finding[]> {
  const { simulator, signal } = arena
  const { args, behaviour = {}, faults = [], succeeds = false, env = {} } = trick
  await arena.stopPrograms()
  const before = simulator.behaviour
  simulator.configure(behaviour)
  simulator.faults.add(...faults)
  const program = await arena.start([args], { env })
  const outlive = args === 'run'
  const exit = await program.ends(outlive ? 4_000 : ENDS_WITHIN_MS, signal)
  await program.kill()
  simulator.faults.clear()
  simulator.configure(before)
  if (outlive ? exit === undefined : exit !== undefined && (exit.code === 0 || !succeeds)) return []
  const how = exit === undefined ? 'did not end' : `ended with ${JSON.stringify(exit)}`
  return [unsettled(`${name}: ${args} ${how}`)]
}
