import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** What of vitest's `TestModule` is counted. */
export interface CountedModule {
  state(): string
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> }
}

/**
 * Prints `N passed, N failed` (and `, N skipped` if any) as the last line of a run, for scripts that read the outcome.
 * A file that cannot be loaded and an error outside every test count as failed: neither may read as success.
 */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = countTests(modules, unhandledErrors.length)
    // At exit: the other reporters and the tear-down of the set-up still have something to say, and may fail.
    process.once('exit', (exitCode) => process.stdout.write(`${countLine(countRun(counts, exitCode))}\n`))
  }
}

export function countLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}

/** A run that failed without a failed test, in its set-up for one, counts as one failure. */
export function countRun(counts: Counts, exitCode: number): Counts {
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

export function countTests(modules: readonly CountedModule[], errorsOutsideTests: number): Counts {
  const counts = { passed: 0, failed: errorsOutsideTests, skipped: 0 }
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') counts.passed += 1
      else if (state === 'skipped') counts.skipped += 1
      else failedHere += 1
    }
    counts.failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere
  }
  return counts
}
