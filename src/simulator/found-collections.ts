import { readdir } from 'node:fs/promises'

import { z } from 'zod'

import { InvariantViolation } from '../support/errors.ts'
import { Collection } from './records/define-collection.ts'

const FOLDER = new URL('collections/', import.meta.url)
/** Of the sources, and of what is compiled from them. */
const MODULE = /^(?!.*\.d\.ts$).*\.[jt]s$/

const moduleSchema = z.object({ default: z.instanceof(Collection) })

/** The collections of `collections/`, by name: one file each. What else a collection needs stands in folders there. */
export async function foundCollections(): Promise<readonly Collection[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && MODULE.test(entry.name)).map(({ name }) => name)
  return Promise.all(files.toSorted().map(collectionOf))
}

async function collectionOf(file: string): Promise<Collection> {
  const module: unknown = await import(new URL(file, FOLDER).href)
  const parsed = moduleSchema.safeParse(module)
  if (parsed.success) return parsed.data.default
  throw new InvariantViolation(`src/simulator/collections/${file} has no collection for its default export.`)
}
