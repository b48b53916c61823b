/** `demo`: everything once on this machine, from an empty Kafka to topics that say what the source says. */
import { randomBytes } from 'node:crypto'

import { ListingstreamError } from '../../support/errors.ts'
import { printLine, printText } from '../../support/print.ts'
import { topicNames } from '../../feed/topic-names.ts'
import { keepRunning } from '../../demo/keep-running.ts'
import { startOwnStack } from '../../demo/own-stack.ts'
import { rehearse } from '../../demo/rehearse.ts'
import { openStage, type Stage } from '../../demo/stage.ts'
import { createSteps } from '../../ops/steps.ts'
import { summarize } from '../../demo/summary.ts'
import { WHOLE } from '../../domain/scope.ts'
import { chosenResources } from '../compose/chosen-resources.ts'

export interface DemoOptions {
  /** Goes on with a changing market until the signal aborts. */
  readonly keep?: true
  readonly listings: number
  readonly seed: number
}

/** With fewer there is not every kind of change, and the guard (R10) holds the deletes. */
const FEWEST_LISTINGS = 100

const REPLICATED = {
  resources: ['listings', 'accounts'],
  subresources: ['photos'],
  listingsScope: WHOLE,
} as const

/** Progress on standard error, results on standard output. Exit code 0 only if source and topics are equal. */
export async function runDemo({ keep, listings, seed }: DemoOptions, signal: AbortSignal): Promise<number> {
  if (listings < FEWEST_LISTINGS) {
    throw new ListingstreamError(`The demo needs at least ${FEWEST_LISTINGS} listings.`, {
      code: 'DEMO_TOO_SMALL',
      retryable: false,
      disposition: 'stop',
      exitCode: 2,
    })
  }
  let isEqual = false
  try {
    const steps = createSteps()
    await using stack = await startOwnStack(steps, signal)
    const feed = { ...stack, topicPrefix: `demo-${randomBytes(3).toString('hex')}` }
    await using stage = await openStage({ feed, resources: chosenResources(REPLICATED), listings, seed })
    const { text, equal } = summarize(await rehearse(stage, steps, signal))
    printText(`\n${text}\n`)
    isEqual = equal
    if (keep === true && isEqual) await keepRunning(stage, topicsOf(stage), printLine, signal)
  } catch (error) {
    // With --keep, the signal is how it ends; without it, or sooner, nothing was shown.
    if (!signal.aborted || !isEqual) throw error
  }
  return isEqual ? 0 : 1
}

function topicsOf({ feed, replicated }: Stage): readonly string[] {
  const names = topicNames(feed.topicPrefix)
  return [
    ...replicated.map((one) => names.data(one)),
    names.checkpoints,
    names.control,
    names.deadLetters,
    names.holds,
  ]
}
