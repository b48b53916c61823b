import type { ListingSchemas } from '../events/listing-schemas.ts'
import type { ResourceDescription } from '../listing/resource.ts'
import type { Logger } from '../ops/logger.ts'
import type { ResourceMetadata } from '../replication/ports.ts'
import { SparkApiError } from '../spark/spark-api-error.ts'
import type { MetadataVersion, SparkMetadata } from '../spark/spark-metadata.ts'
import { SerialQueue } from '../support/serial-queue.ts'

/**
 * Keeps the event schema in step with `/v1/standardfields`, by conditional GET (spark-api.md §3.5). The vendor marks that
 * service alpha: where it is gone, the last known metadata counts.
 */
export class MetadataRefresher implements ResourceMetadata {
  readonly #metadata: SparkMetadata
  readonly #schemas: ListingSchemas
  readonly #logger: Logger
  readonly #queue = new SerialQueue()
  #version: MetadataVersion | undefined
  #missing = false

  constructor(metadata: SparkMetadata, schemas: ListingSchemas, logger: Logger) {
    this.#metadata = metadata
    this.#schemas = schemas
    this.#logger = logger
  }

  refresh(_: ResourceDescription, signal: AbortSignal): Promise<void> {
    return this.#queue.run(() => this.#refresh(signal))
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#metadata.standardFields(this.#version, signal)
      this.#missing = false
      if (answer.kind === 'unchanged') return
      const schemaId = await this.#schemas.use(answer.items, signal)
      this.#version = { etag: answer.etag, lastModified: answer.lastModified }
      this.#logger.info({ fields: answer.items.length, schemaId }, 'field metadata read')
    } catch (error) {
      if (!isServiceGone(error)) throw error
      if (this.#schemas.currentId === null) await this.#schemas.use([], signal)
      if (!this.#missing) {
        this.#logger.warn({ err: error }, 'no field metadata from the API; the last known fields are used')
      }
      this.#missing = true
    }
  }
}

function isServiceGone(error: unknown): boolean {
  const codes: readonly string[] = ['SPARK_NOT_FOUND', 'SPARK_NOT_PERMITTED', 'SPARK_METHOD_REFUSED']
  return error instanceof SparkApiError && codes.includes(error.code)
}
