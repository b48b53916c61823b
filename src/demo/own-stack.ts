import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { freePort } from '../stack/ports.ts'
import type { StackAddress } from '../stack/stack-options.ts'
import { stackDown, stackUp } from '../stack/stack.ts'
import type { Steps } from '../ops/steps.ts'
import { isProcessAlive } from '../support/process-alive.ts'

const FOLDER_NAME = /^demo-(\d+)$/
const DOWN_MS = 60_000

export type OwnStack = Pick<StackAddress, 'brokers' | 'registryUrl'> & AsyncDisposable

/**
 * A broker and a registry for this run alone, on free ports and in a folder of their own; downloads are shared with every
 * other local stack. Disposing of it stops them and deletes their data.
 */
export async function startOwnStack(steps: Steps, signal: AbortSignal): Promise<OwnStack> {
  const downloads = resolve('.stack')
  const folder = join(downloads, `demo-${process.pid}`)
  let said = ''
  const progress = (line: string): void => void (said = line)
  const down = (): Promise<void> =>
    stackDown({ folder, deleteData: true, progress }, AbortSignal.timeout(DOWN_MS))
  await removeLeftovers(downloads, progress)
  try {
    const { brokers, registryUrl } = await steps.step(
      'Starting Kafka and a schema registry (the first time downloads them)',
      async () =>
        stackUp(
          { folder, downloads, kafkaPort: await freePort(), registryPort: await freePort(), progress },
          signal,
        ),
      () => said,
    )
    return {
      brokers,
      registryUrl,
      [Symbol.asyncDispose]: () => steps.step('Stopping Kafka and the schema registry', down),
    }
  } catch (error) {
    await down()
    throw error
  }
}

/** A demo that was killed could not stop its own. */
async function removeLeftovers(downloads: string, progress: (line: string) => void): Promise<void> {
  for (const name of await readdir(downloads).catch(() => [])) {
    const pid = Number(FOLDER_NAME.exec(name)?.[1] ?? Number.NaN)
    // In a container a new process often has the number of an old one.
    if (Number.isNaN(pid) || (pid !== process.pid && isProcessAlive(pid))) continue
    await stackDown(
      { folder: join(downloads, name), deleteData: true, progress },
      AbortSignal.timeout(DOWN_MS),
    )
  }
}
