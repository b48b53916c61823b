/** Commands as an operator is told them: where there are several feeds, with the one that they are for. */

/** Those that are of no feed, or of all. */
const OF_NO_FEED: ReadonlySet<string> = new Set(['run', 'stack', 'demo', 'completion', 'simulate'])

/** Quoted, as texts for operators have them; in JSON, the quotes are escaped. A session calls itself what it does, whatever its feed. */
const TOLD = /(?<!calls itself )(\\?")listingstream ([a-z-]+)([^"\\]*)(?=\\?")/g

/** @param feed null: there is but one */
export function commandFor(feed: string | null, command: string): string {
  return `listingstream ${command}${feed === null ? '' : ` --feed ${feed}`}`
}

/**
 * The text, with each command in it as one for the feed: whoever words an error or a hint deep below knows of one feed alone.
 *
 * @param feed null: there is but one
 */
export function withFeed(text: string, feed: string | null): string {
  if (feed === null || !text.includes('listingstream ')) return text
  return text.replaceAll(TOLD, (whole, quote: string, name: string, rest: string) => {
    if (OF_NO_FEED.has(name) || rest.includes('--feed ')) return whole
    return `${quote}${commandFor(feed, `${name}${rest}`)}`
  })
}

/** The same of every text in what becomes JSON. */
export function eachWithFeed<T>(value: T, feed: string | null): T {
  if (feed === null) return value
  return JSON.parse(withFeed(JSON.stringify(value), feed))
}

let named: string | null = null

/** Of a process that runs one command: the feed that the command line names. */
export function nameFeed(feed: string | null): void {
  named = feed
}

/** A text of such a process. */
export function asCommanded(text: string): string {
  return withFeed(text, named)
}
