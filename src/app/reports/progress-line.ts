import yoctoSpinner from 'yocto-spinner'

import type { PassProgress } from '../../domain/pass.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { describeOutlook, type WalkTotals } from '../../ops/walk-totals.ts'
import { SILENT_OBSERVER } from '../../ops/observers.ts'
import type { Observer } from '../../replication/ports.ts'
import { printable } from '../../support/printable.ts'
import { isWatched } from '../../ops/is-watched.ts'

/** How often the time on the line moves. */
const REFRESH_MS = 1_000

export interface ProgressLine extends Disposable {
  /** Told of passes. */
  readonly observer: Observer
  /** What is done before a pass has begun, or after its walk. */
  say(doing: string): void
  /** What writes whole lines to the same terminal meanwhile. */
  above(write: () => void): void
}

/**
 * One moving line on standard error with what a command does and how far it is, also with the sets that come after it. Log lines go before it. Elsewhere than on
 * a terminal it shows nothing: there the log says the same.
 */
export function progressLine(
  { title, resource }: { readonly title: string; readonly resource: Pick<ResourceDescription, 'name'> },
  totals: WalkTotals,
  stream: NodeJS.WriteStream = process.stderr,
): ProgressLine {
  if (!isWatched(stream))
    return {
      observer: SILENT_OBSERVER,
      say: () => undefined,
      above: (write) => write(),
      [Symbol.dispose]: () => undefined,
    }
  const begun = performance.now()
  let doing = ''
  const text = (): string => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    return printable(`${title}${doing === '' ? '' : `: ${doing}`} (${seconds} s)`)
  }
  // Signals are the program's to handle.
  const spinner = yoctoSpinner({ text: text(), stream, handleSignals: false }).start()
  const show = (): void => void (spinner.text = text())
  const refresh = setInterval(show, REFRESH_MS)
  const walked = (progress: PassProgress): void => {
    const far = describeOutlook(progress.walked, totals.outlook(progress))
    doing = progress.resource === resource.name ? far : `${progress.resource}, ${far}`
    show()
  }
  return {
    observer: { ...SILENT_OBSERVER, passStarted: walked, pageCommitted: walked, pageWalked: walked },
    say(what) {
      doing = what
      show()
    },
    above(write) {
      spinner.clear()
      write()
    },
    [Symbol.dispose]() {
      clearInterval(refresh)
      spinner.stop()
    },
  }
}
