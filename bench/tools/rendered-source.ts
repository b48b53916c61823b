import type { Bench } from './bench.ts'
import { Source } from './source.ts'
import { pagesOf, walkOf, type Walk } from './walks.ts'

/** A source whose pages of whole listings are rendered, compressed and stored. */
export interface RenderedSource extends AsyncDisposable {
  readonly source: Source
  readonly walk: Walk
  /** With the empty page at the end, if the source has one. */
  readonly pages: readonly string[]
  /** Those of as many listings as a page can have. */
  readonly fullPages: readonly string[]
}

export interface RenderedOptions {
  readonly fields: 'standard' | 'full'
  readonly listings: number
  readonly frozen?: boolean
  /** Before anything is rendered. */
  readonly prepare?: (source: Source) => Promise<void>
}

export async function startRendered(
  bench: Bench,
  options: RenderedOptions,
  signal: AbortSignal,
): Promise<RenderedSource> {
  const walk = await walkOf(bench, options.fields, signal)
  await using owned = new AsyncDisposableStack()
  const source = owned.use(await Source.start({ ...options, folder: bench.folder }, signal))
  await options.prepare?.(source)
  const pages = pagesOf(walk.whole, source.keys)
  await renderPages(bench, source, pages, signal)
  const fullPages = pages.slice(0, Math.max(1, Math.floor(source.keys.length / 1000)))
  const kept = owned.move()
  return { source, walk, pages, fullPages, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const SAID_EVERY_MS = 15_000

export async function renderPages(
  bench: Bench,
  source: Source,
  pages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let said = performance.now()
  const { seconds, bytes } = await source.render(
    pages,
    (share) => {
      if (performance.now() - said < SAID_EVERY_MS) return
      said = performance.now()
      bench.say(`Rendering pages: ${Math.round(share * 100)} %`)
    },
    signal,
  )
  bench.say(
    `${pages.length} pages rendered in ${Math.round(seconds)} s, ${Math.round(bytes / 1e6)} MB as they are sent`,
  )
}
