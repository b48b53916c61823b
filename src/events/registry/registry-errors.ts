import { ListingstreamError } from '../../support/errors.ts'

/** The registry did not answer, or not now. Retried: nobody has to change anything. */
export class RegistryUnreachable extends ListingstreamError {
  constructor(
    what: string,
    how: string,
    options: {
      readonly cause?: unknown
      readonly retryAfterMs?: number | undefined
      /** What else than the URL may be wrong. */
      readonly settings?: readonly string[]
    } = {},
  ) {
    const { cause, retryAfterMs, settings = [] } = options
    const more = settings.length === 0 ? '' : ` Look at ${settings.join(', ')}, too.`
    super(
      `The schema registry cannot be reached (${what}: ${how}). Check that it runs and that SCHEMA_REGISTRY_URL names it.${more}`,
      {
        code: 'REGISTRY_UNREACHABLE',
        retryable: true,
        cause,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      },
    )
  }
}

export class RegistryUnauthorized extends ListingstreamError {
  /** @param file from which the credentials were read, if so */
  constructor(what: string, status: number, file: string | null = null) {
    const from = file === null ? '' : `, read from ${file},`
    super(
      `The schema registry refused the credentials (${what}: HTTP ${status}). Check SCHEMA_REGISTRY_AUTH${from} and the user's rights on the subject.`,
      { code: 'REGISTRY_UNAUTHORIZED', retryable: false, disposition: 'retry' },
    )
  }
}

const INCOMPATIBLE =
  'Somebody may have registered a version of another origin in the subject: compare its versions, or choose another TOPIC_PREFIX.'
const NOT_LET =
  'It may let nobody register, or nothing so large: allow it, or register the schema with the rights for it ("listingstream schema check" tells which).'

/** The schema is incompatible with an earlier version (409) or invalid (422), or nothing may be registered (405, 413 …). */
export class RegistryRefused extends ListingstreamError {
  constructor(what: string, status: number, reason: string) {
    super(
      `The schema registry refused a schema (${what}: HTTP ${status}, ${reason}). ${status === 409 || status === 422 ? INCOMPATIBLE : NOT_LET}`,
      { code: 'REGISTRY_REFUSED', retryable: false, disposition: 'retry' },
    )
  }
}

/** Something answered that does not speak the registry's API. */
export class RegistryBadResponse extends ListingstreamError {
  constructor(what: string, how: string) {
    super(
      `What answers under SCHEMA_REGISTRY_URL does not behave as a schema registry (${what}: ${how}). For Apicurio the URL ends in /apis/ccompat/v7, for Confluent it is the bare host.`,
      { code: 'REGISTRY_BAD_RESPONSE', retryable: false, disposition: 'retry' },
    )
  }
}

/** The registry forgot a schema that something was published under, and it is not there under its id. */
export class RegistryLostError extends ListingstreamError {
  constructor(
    { id, subject }: { readonly id: number; readonly subject: string },
    how: string,
    cause?: unknown,
  ) {
    super(
      `The schema registry does not know schema ${id} of ${subject} any more, under which events were published: ${how}. Subscribers cannot read those, and nothing more is published. Check that SCHEMA_REGISTRY_URL names the registry of this feed. Restore the registry's contents with their ids from a backup; if they are gone, begin a feed under another TOPIC_PREFIX.`,
      { code: 'REGISTRY_LOST', retryable: false, disposition: 'retry', cause },
    )
  }
}
