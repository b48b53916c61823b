import { Slots } from '../../support/slots.ts'

/** Runs what takes one of the places, once there is one. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>

/** Never rejects. What it does outside of `inTurn`, such as waiting for the next try, takes no place. */
type Work<Item> = (item: Item, inTurn: InTurn) => Promise<void>

/** Works in order by key, at several keys at a time. */
export class KeyLanes<Item> {
  readonly #work: Work<Item>
  readonly #slots: Slots
  readonly #lanes = new Map<string, Item[]>()

  /** @param places how much runs at a time */
  constructor(work: Work<Item>, places: number) {
    this.#work = work
    this.#slots = new Slots(places)
  }

  add(key: string, item: Item): void {
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      lane.push(item)
      return
    }
    const begun = [item]
    this.#lanes.set(key, begun)
    void this.#run(key, begun)
  }

  async #run(key: string, lane: Item[]): Promise<void> {
    for (let item = lane.shift(); item !== undefined; item = lane.shift()) {
      await this.#work(item, (task) => this.#slots.run(task))
    }
    this.#lanes.delete(key)
  }
}
