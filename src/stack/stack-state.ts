import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { readJsonFile } from './read-json-file.ts'

const processSchema = z.object({ pid: z.int().positive(), startedAt: z.string().min(1) })

const stateSchema = z.discriminatedUnion('engine', [
  z.object({
    engine: z.literal('docker'),
    project: z.string().min(1),
    kafkaPort: z.int(),
    registryPort: z.int(),
  }),
  z.object({
    engine: z.literal('jvm'),
    nodes: z.array(z.object({ id: z.int(), port: z.int(), controllerPort: z.int() })).min(1),
    registryPort: z.int(),
    /** By service name: `kafka-1`, …, `registry`. */
    processes: z.record(z.string(), processSchema),
  }),
])

/** What `up` started in a folder: all that `down` and `status` go by. */
export type StackState = z.infer<typeof stateSchema>
export type JvmState = Extract<StackState, { readonly engine: 'jvm' }>
export type DockerState = Extract<StackState, { readonly engine: 'docker' }>

/** `undefined` where nothing was started. */
export async function readState(folder: string): Promise<StackState | undefined> {
  return await readJsonFile(
    stateFile(folder),
    stateSchema,
    'what was started there is not known. Stop its Java processes or containers by hand, then delete the file.',
  )
}

/** Whole or not at all: a torn file would orphan the processes it names. */
export async function writeState(folder: string, state: StackState): Promise<void> {
  await mkdir(folder, { recursive: true })
  const partial = `${stateFile(folder)}.partial`
  await writeFile(partial, `${JSON.stringify(state, undefined, 2)}\n`)
  await rename(partial, stateFile(folder))
}

export async function removeState(folder: string): Promise<void> {
  await rm(stateFile(folder), { force: true })
}

function stateFile(folder: string): string {
  return join(folder, 'stack.json')
}
