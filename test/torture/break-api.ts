import type { FaultRule } from '../../src/simulator/faults.ts'
import { pick, type Prng } from '../../src/simulator/prng.ts'
import type { Arena } from './arena.ts'
import { LISTS, type JudgedResource } from './judged-resources.ts'

const [LISTINGS] = LISTS
const NINE_MINUTES_MS = 9 * 60_000

/** One-pass commands against an API that fails in every way the simulator knows; a failed one is simply started again. */
export async function breakApi(arena: Arena): Promise<void> {
  // A wrong count on top of rows that were passed over would be a source that lies twice: nobody can know.
  const lying = arena.prng.below(2) === 0 ? 'wrong-count' : 'lost-rows'
  // The overlap is what covers a clock that is off (R4).
  const clockMayBeOff = arena.settings['UPDATE_OVERLAP'] === '1200000ms'
  if (clockMayBeOff) arena.clockSlackMs = NINE_MINUTES_MS
  const others = arena.resources.filter((resource) => resource !== LISTINGS)
  for (const { resource, pass } of withPasses(pick(others, arena.prng.next32()))) {
    const faults = 1 + arena.prng.below(3)
    for (let i = 0; i < faults; i += 1) {
      arena.simulator.faults.add(anyFault(arena.prng, resource, lying, clockMayBeOff))
    }
    const program = await arena.start([pass, '--resource', resource.name])
    if ((await program.ends(5_000, arena.signal)) === undefined) await program.kill()
    arena.simulator.faults.clear()
  }
}

/** Of the listings and of one other resource, which may build on them. */
function withPasses(other: JudgedResource): readonly { resource: JudgedResource; pass: string }[] {
  const again = other.isStamped || other.set !== undefined ? 'update' : 'snapshot'
  return [
    { resource: LISTINGS, pass: 'snapshot' },
    { resource: other, pass: 'snapshot' },
    { resource: LISTINGS, pass: 'update' },
    { resource: LISTINGS, pass: 'purge' },
    { resource: other, pass: again },
    { resource: LISTINGS, pass: 'purge' },
    { resource: other, pass: other.set === undefined ? 'purge' : again },
  ]
}

function anyFault(
  prng: Prng,
  { path, set }: JudgedResource,
  lying: 'wrong-count' | 'lost-rows',
  clockMayBeOff: boolean,
): FaultRule {
  const by = pick([-3, -1, 1, 5], prng.next32())
  const status = pick([400, 403, 404, 429, 500, 502, 503], prng.next32())
  const anywhere: readonly FaultRule['fault'][] = [
    { kind: 'status', status },
    { kind: 'status', status: 429, code: 1550, retryAfter: 1 },
    { kind: 'status', status: 500, code: 1500 },
    { kind: 'envelope-failure' },
    { kind: 'envelope-failure', code: 1015 },
    { kind: 'html' },
    { kind: 'html', status: 200 },
    { kind: 'non-json' },
    { kind: 'cut', at: prng.next() * 0.99 },
    { kind: 'reset' },
    { kind: 'hang' },
    { kind: 'delay', ms: prng.below(500) },
    { kind: 'slow', ms: prng.below(500) },
    { kind: 'no-date' },
    ...(clockMayBeOff
      ? [{ kind: 'wrong-date' as const, skewMs: pick([-1, 1], prng.next32()) * prng.below(NINE_MINUTES_MS) }]
      : [{ kind: 'wrong-date' as const, skewMs: 2 * 3_600_000 }]),
  ]
  const onList: readonly FaultRule['fault'][] = [
    { kind: 'sparkql-errors' },
    { kind: 'empty-page' },
    { kind: 'short-page', rows: 1 + prng.below(20) },
    { kind: 'duplicate-row' },
    { kind: 'false-end', token: pick(['absent', 'null', 'empty', 'same'] as const, prng.next32()) },
    { kind: 'refused-count' },
    { kind: 'refused-token' },
    lying === 'wrong-count' ? { kind: 'wrong-count', by } : { kind: 'lost-rows', rows: 1 + prng.below(3) },
  ]
  const list = set === undefined && prng.below(2) === 0
  const fault = pick(list ? onList : anywhere, prng.next32())
  const nth = 1 + prng.below(12)
  const times = pick([1, 1, 1, 2, 5], prng.next32())
  return list ? { fault, path, nth, times } : { fault, nth, times }
}
