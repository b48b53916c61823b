import { sleep } from '../support/abort.ts'
import type { Market } from './market.ts'
import type { MarketCommand } from './market-command.ts'
import { hash32, pick } from './prng.ts'

type SimpleAction = Exclude<MarketCommand['action'], 'set' | 'mask' | 'unmask' | 'bulk-touch' | 'bulk-edit'>

/** What happens on a market, in its usual shares. */
const MIX: readonly SimpleAction[] = [
  ...Array<SimpleAction>(9).fill('prices'),
  ...Array<SimpleAction>(3).fill('status'),
  ...Array<SimpleAction>(3).fill('new'),
  ...Array<SimpleAction>(2).fill('touch'),
  'media',
  'remove',
  'leave',
  'return',
]

/** The command that the nth change of a trickle is. */
export function trickleCommand(seed: number, number: number): MarketCommand {
  return { action: pick(MIX, hash32(seed, number)) }
}

/** Changes the market at a steady rate until the signal aborts; then it resolves. */
export async function trickle(
  market: Market,
  ratePerMinute: number,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    try {
      await sleep(60_000 / ratePerMinute, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    market.apply(trickleCommand(seed, number))
  }
}
