import type { ListedResource } from '../domain/resource.ts'
import type { SweepDoubt } from '../domain/sweep-doubt.ts'
import { IncompleteWalkError } from './pass-errors.ts'
import type { SourcePage } from './ports.ts'

/** Empty pages with a new token that are followed one after the other (R7). */
const MOST_EMPTY_PAGES = 3

/**
 * Pages in a row, each with a new token, that show no key which the pass has not seen yet. The tokens then go in a circle,
 * of whatever length: the ledger knows every key of it (R7, R14). A page that repeats rows of the one before is no circle.
 */
const MOST_PAGES_WITHOUT_A_NEW_KEY = 10

/** Whether a walk that goes on gets anywhere (R7). */
export class Headway {
  readonly #resource: ListedResource
  #emptyPages = 0
  #pagesWithoutNewKey = 0
  /** Of the pages since the last one with a new key. */
  readonly #tokens = new Set<string>()

  constructor(resource: ListedResource) {
    this.#resource = resource
  }

  /** @throws {IncompleteWalkError} if the walk goes on and on without showing anything. */
  note({ records, unreadable, token, nextToken }: SourcePage, newKeys: number): void {
    const isEmpty = records.length === 0 && unreadable.length === 0
    this.#emptyPages = isEmpty ? this.#emptyPages + 1 : 0
    this.#pagesWithoutNewKey = newKeys === 0 ? this.#pagesWithoutNewKey + 1 : 0
    if (newKeys > 0) this.#tokens.clear()
    this.#tokens.add(token)
    if (nextToken === null) return
    if (this.#emptyPages > MOST_EMPTY_PAGES) {
      throw this.#endless(
        `${this.#emptyPages} empty pages in a row, each of which named a next one`,
        'empty_pages',
      )
    }
    if (this.#pagesWithoutNewKey > MOST_PAGES_WITHOUT_A_NEW_KEY) {
      const pages = `${this.#pagesWithoutNewKey} pages in a row without a key that it had not shown before`
      throw this.#tokens.has(nextToken)
        ? this.#endless(`${pages}: its tokens go in a circle`, 'token_circle')
        : this.#endless(`${pages}, each under a token of its own`, 'repeated_pages')
    }
  }

  #endless(what: string, doubt: SweepDoubt): IncompleteWalkError {
    return new IncompleteWalkError(
      `The walk of ${this.#resource.name} showed ${what}. Nothing is concluded from it; the next pass walks again.`,
      doubt,
    )
  }
}
