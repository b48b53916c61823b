import { PART_METADATA } from '../collections/listings/parts/part-metadata.ts'
import { answering } from './metadata-reply.ts'
import type { ServiceTable } from './service.ts'

/** `/v1/listings/photos/meta`: which privacies, types and tags there are. */
export const SET_METADATA_SERVICES: ServiceTable = Object.entries(PART_METADATA).map(([name, metadata]) => [
  `/v1/listings/${name}/meta`,
  answering(() => [metadata]),
])
