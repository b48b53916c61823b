import { hash32, Prng } from '../prng.ts'

/** The order of JSON members in one reply. Readers must not depend on it, so it differs from reply to reply. */
export interface KeyOrder {
  arrange<T>(members: readonly T[]): readonly T[]
}

export const DEFINITION_ORDER: KeyOrder = { arrange: (members) => members }

/** @param reply a number that differs for each reply, so that the orders can be had again. */
export function shuffledOrder(seed: number, reply: number): KeyOrder {
  const prng = new Prng(hash32(seed, reply))
  return { arrange: (members) => prng.shuffled(members) }
}
