/** Records by the key that each belongs to, put together anew when they have changed. */
export class RecordsByOwner<R> {
  readonly #ownerOf: (record: R) => string | null
  #byOwner: ReadonlyMap<string, readonly R[]> = new Map()
  #revision: number | undefined

  constructor(ownerOf: (record: R) => string | null) {
    this.#ownerOf = ownerOf
  }

  /** Of those that there are, in their order. @param revision rises whenever `records` changes */
  of(owner: string, revision: number, records: () => Iterable<R>): readonly R[] {
    if (revision !== this.#revision) {
      this.#byOwner = Map.groupBy(records(), (record) => this.#ownerOf(record) ?? '')
      this.#revision = revision
    }
    return this.#byOwner.get(owner) ?? []
  }
}
