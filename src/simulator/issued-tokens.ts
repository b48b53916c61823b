import { createHash } from 'node:crypto'

export type TokenKind = 'session' | 'access' | 'refresh' | 'code'

export interface IssuedToken {
  readonly kind: TokenKind
  /** Name of the API key. */
  readonly key: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Where its code was sent to: a grant must name it again. */
  readonly redirectUri: string | undefined
}

/** What log-ins have handed out (docs/spark-api.md §3.6). The same log-ins in the same order have the same tokens. */
export class IssuedTokens {
  readonly #tokens = new Map<string, IssuedToken>()
  #issued = 0

  issue(token: IssuedToken): string {
    this.#issued += 1
    const text = createHash('md5').update(`${token.kind}/${token.key}/${this.#issued}`).digest('hex')
    this.#tokens.set(text, token)
    return text
  }

  find(kind: TokenKind, text: string): IssuedToken | undefined {
    const token = this.#tokens.get(text)
    return token?.kind === kind ? token : undefined
  }

  revoke(text: string): void {
    this.#tokens.delete(text)
  }

  /** Sessions and access tokens are over from now on: the next request of each gets 1020. @returns how many */
  expire(now: number): number {
    const running = [...this.#tokens].filter(
      ([, { kind, expiresAt }]) => (kind === 'session' || kind === 'access') && expiresAt > now,
    )
    for (const [text, token] of running) this.#tokens.set(text, { ...token, expiresAt: now })
    return running.length
  }
}
