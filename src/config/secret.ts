import { inspect } from 'node:util'

import { keepSecret, REDACTED } from '../support/secrets.ts'

/** A text that shows itself only to who asks for it by `reveal()`; printed, logged or serialised it is `[redacted]`, and what others say of it is struck (R15). */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    keepSecret(text)
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
