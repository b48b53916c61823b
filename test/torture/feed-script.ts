import type { CheckedFeed } from './checker.ts'
import type { FeedRecord, IndexedKey, Interval } from './findings.ts'

interface Content {
  readonly price: number
  readonly stamp: number
}

/** Writes the topics of a small feed as the program would, without any broker. */
export class FeedScript {
  #generation = 1
  #instanceId = ''
  #seq = 0
  #published = 0
  #emitted = 0
  #nextOffset = 0
  #recreated = false
  #listings: FeedRecord[] = []
  readonly #checkpoints: FeedRecord[] = []
  readonly #live = new Map<string, Content>()
  readonly #deleted = new Set<string>()
  readonly #hidden = new Map<string, Interval[]>()
  #clock = 1_000_000

  owner(instanceId: string): void {
    this.#instanceId = instanceId
    this.#checkpoint('owner', 'Owner', { instanceId })
  }

  transaction(options: {
    readonly upserts?: readonly string[]
    readonly deletes?: readonly string[]
    readonly sameContent?: boolean
    /** To the time 1, or to one that cannot be read. */
    readonly stampBack?: boolean | 'unreadable'
    /** @default one of the content */
    readonly digest?: string
    /** First seen in this topic. */
    readonly again?: boolean
  }): void {
    const { upserts = [], deletes = [] } = options
    this.#clock += 10_000
    for (const key of upserts) this.#upsert(key, options)
    for (const key of deletes) this.#delete(key)
    this.#nextOffset += 1
    this.#published += upserts.length
    this.#emitted += deletes.length
    this.#seq += 1
    this.#checkpoint('listings/update', 'Checkpoint', {
      seq: this.#seq,
      generation: this.#generation,
      instanceId: this.#instanceId,
      passId: 'pass',
      nextOffsets: { listings: [this.#nextOffset] },
      counts: { published: this.#published },
      deletes: { emitted: this.#emitted },
    })
  }

  /** Empty, for a new generation. */
  recreateTopic(): void {
    this.#recreated = true
    this.#generation += 1
    this.#nextOffset = 0
    this.#listings = []
    this.#live.clear()
    this.#deleted.clear()
  }

  checked(): CheckedFeed {
    return {
      dump: {
        listings: this.#listings,
        checkpoints: this.#checkpoints,
        control: [],
        letters: [],
        partitions: 1,
      },
      truth: {
        listings: new Map(
          [...this.#live].map(([key, { price }]) => [key, { ListPrice: price, Notes: null }]),
        ),
        hidden: this.#hidden,
        clockSlackMs: 0,
        stampsBack: new Map(),
        unreadable: new Set(),
        hadUnreadable: false,
        clockToleranceMs: 0,
      },
      index: this.#index(),
      topicRecreated: this.#recreated,
      forgetsDeletes: false,
    }
  }

  #upsert(
    key: string,
    {
      sameContent = false,
      stampBack = false,
      again = false,
      digest,
    }: Parameters<FeedScript['transaction']>[0],
  ): void {
    const before = this.#live.get(key)
    const price = sameContent && before !== undefined ? before.price : this.#clock
    const stamp = stampBack === false ? this.#clock : 1
    const change =
      before !== undefined ? 'UPDATED' : this.#deleted.has(key) && !again ? 'RESTORED' : 'SNAPSHOT'
    this.#live.set(key, { price, stamp })
    this.#listing(key, digest ?? `${price}`, stampBack === 'unreadable' ? '' : stamp, 'ListingUpserted', {
      listingKey: key,
      change,
      passId: 'pass',
      listing: { standardFields: { ListPrice: price, Notes: null }, maskedFields: [], unmappedFields: {} },
    })
  }

  #delete(key: string): void {
    const stamp = this.#live.get(key)?.stamp ?? 0
    this.#live.delete(key)
    this.#deleted.add(key)
    this.#hidden.set(key, [{ from: this.#clock, to: this.#clock + 5_000 }])
    const body = { listingKey: key, passId: 'pass', deletedAt: this.#clock }
    this.#listing(key, '', stamp, 'ListingDeleted', body)
    this.#listing(key, '', stamp, undefined, {})
  }

  #listing(key: string, digest: string, stamp: number | '', name: string | undefined, body: object): void {
    const headers = {
      digest,
      'modification-timestamp': String(stamp),
      ce_id: `${key}/${this.#nextOffset}/${this.#generation}`,
    }
    this.#listings.push(record(key, this.#nextOffset, headers, name, body))
    this.#nextOffset += 1
  }

  #checkpoint(key: string, name: string, body: object): void {
    this.#checkpoints.push(record(key, this.#checkpoints.length * 2, {}, name, body))
  }

  #index(): ReadonlyMap<string, IndexedKey> {
    const last = new Map(this.#listings.map((listing) => [listing.key, listing]))
    return new Map(
      [...last].map(([key, { value, headers, partition, offset }]) => [
        key,
        {
          state: value === null ? 1 : 0,
          digest: headers['digest'] ?? '',
          schemaId: value === null ? 0 : value.schemaId,
          partition,
          offset,
        },
      ]),
    )
  }
}

function record(
  key: string,
  offset: number,
  headers: Readonly<Record<string, string>>,
  name: string | undefined,
  body: object,
): FeedRecord {
  const fieldTypes = new Map([['ListPrice', 'double']])
  const value = name === undefined ? null : { name, body: { ...body }, fieldTypes, schemaId: 7 }
  return { partition: 0, offset, timestamp: 0, key, headers, value }
}
