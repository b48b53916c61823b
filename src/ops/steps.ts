import yoctoSpinner from 'yocto-spinner'

import { printable } from '../support/printable.ts'
import { isWatched } from './is-watched.ts'

/** Shows what is being done: a moving line on a terminal, plain lines elsewhere. Goes to standard error. */
export interface Steps {
  /** @param detail what to add to the line while it works and when it is done; several lines go below it */
  step<T>(title: string, work: () => Promise<T>, detail?: () => string): Promise<T>
}

const REFRESH_MS = 200
/** Of plain lines, which stay. */
const REPEAT_MS = 10_000

export function createSteps(stream: NodeJS.WriteStream = process.stderr): Steps {
  return isWatched(stream) ? spinningSteps(stream) : plainSteps((line) => stream.write(`${line}\n`))
}

export function plainSteps(write: (line: string) => void): Steps {
  return {
    async step(title, work, detail) {
      const clock = startClock()
      write(`… ${title}`)
      const repeat = setInterval(() => write(`… ${describe(title, clock, detail)}`), REPEAT_MS)
      try {
        const result = await work()
        write(`✔ ${describe(title, clock, detail)}`)
        return result
      } catch (error) {
        write(`✖ ${describe(title, clock, detail)}`)
        throw error
      } finally {
        clearInterval(repeat)
      }
    },
  }
}

function spinningSteps(stream: NodeJS.WriteStream): Steps {
  return {
    async step(title, work, detail) {
      const clock = startClock()
      // Signals are the program's to handle.
      const spinner = yoctoSpinner({ text: title, stream, handleSignals: false }).start()
      const refresh = setInterval(() => (spinner.text = describe(title, clock, detail)), REFRESH_MS)
      try {
        const result = await work()
        spinner.success(describe(title, clock, detail))
        return result
      } catch (error) {
        spinner.error(describe(title, clock, detail))
        throw error
      } finally {
        clearInterval(refresh)
      }
    },
  }
}

/** Answers the seconds since it was made. */
function startClock(): () => number {
  const startedAt = performance.now()
  return () => (performance.now() - startedAt) / 1000
}

function describe(title: string, seconds: () => number, detail: () => string = () => ''): string {
  const lines = detail().split('\n').map(printable)
  const head = `${printable(title)} (${seconds().toFixed(1)} s)`
  return lines.length === 1 ? `${head} ${lines[0]}`.trimEnd() : [head, ...lines].join('\n    ')
}
