/** A text that may be another one later: of a token or a certificate that somebody renews while the program runs. */
export interface Renewable {
  /** As it was read last. */
  reveal(): string
  /** Reads it again; true if it is another one now. What cannot be read, or cannot be right, leaves it as it was. */
  refresh(): boolean
  /** Where it is read; null if it was given itself and stays as it is. */
  readonly file: string | null
}

export function unchanging(text: string): Renewable {
  return { reveal: () => text, refresh: () => false, file: null }
}

/** As it is now. */
export function renewed(text: string | Renewable): string {
  if (typeof text === 'string') return text
  text.refresh()
  return text.reveal()
}
