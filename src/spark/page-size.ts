/** How many rows the pages of one walk are asked for with. */
export class PageSize {
  readonly #most: number
  readonly #smallest: number
  /** So many of the next rows hold one that cannot be read; 0 if nothing is known of such. */
  #suspect = 0

  constructor(most: number, smallest: number) {
    this.#most = most
    this.#smallest = Math.min(smallest, most)
  }

  /** For the next page: all, or half of the rows that hold the one that cannot be read. */
  get limit(): number {
    return this.#suspect === 0 ? this.#most : Math.max(this.#smallest, Math.floor(this.#suspect / 2))
  }

  /** Somewhere in the next rows is one that cannot be read. */
  get isReduced(): boolean {
    return this.#suspect > 0
  }

  /** So few rows are not asked for in halves. */
  isSmallest(rows: number): boolean {
    return rows <= this.#smallest
  }

  /** One of so many next rows cannot be read. */
  failed(rows: number): void {
    this.#suspect = rows
  }

  /** So many rows are behind. */
  passed(rows: number): void {
    this.#suspect = Math.max(0, this.#suspect - rows)
  }
}
