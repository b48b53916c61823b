import { inspect } from 'node:util'

import type { Renewable } from '../support/renewable.ts'
import { keepSecret, REDACTED } from '../support/secrets.ts'

export interface TextFile {
  readonly path: string
  /** Undefined if it cannot be read, or what is in it cannot be right. */
  readonly read: () => string | undefined
}

/** A setting whose value may stand in a file, and be renewed there. */
export class SettingText implements Renewable {
  #text: string
  #file: TextFile | undefined

  constructor(text: string) {
    this.#text = text
  }

  get file(): string | null {
    return this.#file?.path ?? null
  }

  reveal(): string {
    return this.#text
  }

  refresh(): boolean {
    const text = this.#file?.read()
    if (text === undefined || text === this.#text) return false
    this.#text = text
    return true
  }

  /** From where it is read from now on. */
  follow(file: TextFile): void {
    this.#file = file
  }
}

/** A text that shows itself only to who asks for it by `reveal()`; printed, logged or serialised it is `[redacted]`, and what others say of it is struck (R15). */
export class Secret extends SettingText {
  constructor(text: string) {
    super(text)
    keepSecret(text)
  }

  override refresh(): boolean {
    if (!super.refresh()) return false
    keepSecret(this.reveal())
    return true
  }

  override toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
