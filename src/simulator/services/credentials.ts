import type { KeyOrder } from '../api/key-order.ts'
import type { ApiKeys } from '../api-keys.ts'
import type { Behaviour } from '../behaviour.ts'
import type { IssuedTokens } from '../issued-tokens.ts'

/** What requests are proved by. */
export interface Credentials {
  readonly keys: ApiKeys
  readonly tokens: IssuedTokens
}

/** What a log-in is answered by. */
export interface LoginDesk extends Credentials {
  readonly behaviour: Behaviour
  readonly order: KeyOrder
  /** Milliseconds since 1970. */
  readonly now: number
}
