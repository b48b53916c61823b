import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { readJsonFile } from './read-json-file.ts'
import { StackError } from './stack-error.ts'

const clusterSchema = z.object({ id: z.string().length(22), brokers: z.int().positive() })

export type KafkaCluster = z.infer<typeof clusterSchema>

/**
 * The cluster whose data is in `folder`, made there the first time. Its id is a UUID in unpadded base64url, as Kafka's
 * StorageTool writes it.
 *
 * @throws StackError when it was made with another number of brokers: a changed quorum could lose what it holds.
 */
export async function clusterOf(folder: string, brokers: number): Promise<KafkaCluster> {
  const file = join(folder, 'cluster.json')
  const known = await readCluster(file)
  if (known === undefined) {
    const cluster = { id: newClusterId(), brokers }
    await writeFile(file, `${JSON.stringify(cluster)}\n`)
    return cluster
  }
  if (known.brokers === brokers) return known
  throw new StackError(
    'STACK_START_FAILED',
    `The data in ${folder} belongs to a cluster of ${known.brokers} broker(s), not ${brokers}. Start it with that number, use another folder, or delete this one.`,
  )
}

async function readCluster(file: string): Promise<KafkaCluster | undefined> {
  return await readJsonFile(
    file,
    clusterSchema,
    "Kafka's data beside it is of no use. Delete that folder and start again.",
  )
}

/** Never begins with a dash, which the command line would take for an option. */
function newClusterId(): string {
  return `L${randomBytes(16).toString('base64url').slice(1)}`
}
