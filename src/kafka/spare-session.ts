import type { QuestionSession } from './question-session.ts'

/** A start asks a dozen questions, with little in between; a daemon some, every few minutes. */
const KEPT_MS = 1_000

/** The session of the last question, kept for the next one for a short time. */
export class SpareSession {
  #session: QuestionSession | undefined
  #timer: NodeJS.Timeout | undefined

  /** It is the caller's then. */
  take(): QuestionSession | undefined {
    clearTimeout(this.#timer)
    const session = this.#session
    this.#session = undefined
    return session
  }

  /** One that answered all that it was asked. Of two that are given at the same time, one is closed. */
  keep(session: QuestionSession): void {
    if (this.#session !== undefined) return void session.close()
    this.#session = session
    this.#timer = setTimeout(() => void this.take()?.close(), KEPT_MS)
    this.#timer.unref()
  }
}
