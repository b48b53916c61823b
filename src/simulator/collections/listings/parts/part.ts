/** One photo, one room. What it holds follows from its listing's seed and these. */
export interface Part {
  /** From 1, in the order in which the parts of this kind came to the listing. A number is never used again. */
  readonly number: number
  /** How often it was edited. */
  readonly edition: number
}

/** A set that a command has changed: of all others nothing is kept. */
export interface PartSet {
  /** In the order of display. */
  parts: readonly Part[]
  /** As the services show it: behind `parts` where a set lags behind its stamp. */
  shown: readonly Part[]
  /** Number of the next part. */
  next: number
}
