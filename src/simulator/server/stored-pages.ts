import { withRawBytes } from '../api/poison.ts'
import { gzipped } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Behaviour } from '../behaviour.ts'

/**
 * Answers to list requests, kept until anything changes: a benchmark's walk then costs this process no rendering. They are kept
 * as they are sent, in gzip: a million listings take about a gigabyte. A stored answer has the member order of its first time.
 */
export class StoredPages {
  #replies = new Map<string, Promise<Reply>>()
  #revision: number | undefined
  #behaviour: Behaviour | undefined

  get(key: string, revision: number, behaviour: Behaviour, make: () => Reply): Promise<Reply> {
    if (revision !== this.#revision || behaviour !== this.#behaviour) this.#replies = new Map()
    this.#revision = revision
    this.#behaviour = behaviour
    const known = this.#replies.get(key)
    if (known !== undefined) return known
    const made = make()
    const reply = gzipped(withRawBytes(made))
    if (made.status === 200) this.#replies.set(key, reply)
    return reply
  }
}
