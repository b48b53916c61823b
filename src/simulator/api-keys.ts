import { z } from 'zod'

import { ListingstreamError } from '../support/errors.ts'

const name = z.string().min(1)
export const apiKeySchema = z.strictObject({
  /** Its public name: `ApiKey` of a session, `client_id` of OAuth. */
  key: name,
  /** What sessions are signed with, and the `client_secret` of OAuth. @default 'simulator-secret' */
  secret: name.default('simulator-secret'),
  /** The personal access token, which does not expire. */
  accessToken: name,
})
export type ApiKey = Readonly<z.output<typeof apiKeySchema>>

/** The person for whom a key asks, where a grant wants a password. */
export const USER = { username: 'simulator-user', password: 'simulator-password' } as const

/** Who may ask. Whatever tokens a key has, what is limited and counted is the key (docs/spark-api.md §3.4). */
export class ApiKeys {
  readonly #keys = new Map<string, ApiKey>()
  #first: ApiKey

  constructor(first: ApiKey) {
    this.#first = first
    this.add(first)
  }

  get first(): ApiKey {
    return this.#first
  }

  /** @throws {ListingstreamError} SIMULATOR_KEY_TAKEN if another key has this name or this token */
  add(added: ApiKey): void {
    if (this.find(added.key) !== undefined || this.withToken(added.accessToken) !== undefined) {
      throw new ListingstreamError('There is a key of this name or with this access token.', {
        code: 'SIMULATOR_KEY_TAKEN',
        retryable: false,
        disposition: 'stop',
      })
    }
    this.#keys.set(added.key, added)
  }

  /** From now on only this token is the first key's: of the same user, as when a key is renewed. */
  renewFirst(accessToken: string): void {
    this.#first = { ...this.#first, accessToken }
    this.#keys.set(this.#first.key, this.#first)
  }

  find(key: string): ApiKey | undefined {
    return this.#keys.get(key)
  }

  withToken(accessToken: string): ApiKey | undefined {
    return [...this.#keys.values()].find((key) => key.accessToken === accessToken)
  }
}
