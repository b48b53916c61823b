import { z } from 'zod'

import { NOBODY, type Tries } from '../../support/tries.ts'
import { parseSchemaId, type SchemaId } from '../../domain/content.ts'
import { boundedText, type HttpFetch, type HttpFetchAnswer } from '../../support/http-fetch.ts'
import { parseJson } from '../../support/parse-json.ts'
import { isUntrusted } from '../../support/untrusted.ts'
import { unchanging, type Renewable } from '../../support/renewable.ts'
import { keepCredential, quoteForeign } from '../../support/secrets.ts'
import {
  RegistryBadResponse,
  RegistryRefused,
  RegistryUnauthorized,
  RegistryUnreachable,
} from './registry-errors.ts'

export interface SchemaRegistryOptions {
  /** Base of a Confluent-compatible API (setting `SCHEMA_REGISTRY_URL`). May carry `user:password@`. */
  readonly url: string
  /** `user:password` for basic authentication; what is renewable is read again when it is refused. */
  readonly auth?: string | Renewable
  /** For one request with its answer. @default 10_000 */
  readonly timeoutMs?: number
  /** Told of questions without an answer, and of answers. @default nobody */
  readonly tries?: Tries
  /** @default directly, trusting the system's authorities */
  readonly fetch?: HttpFetch
  /** Further settings to look at where no connection comes about, for the operator. @default none */
  readonly waySettings?: readonly string[]
}

export interface RegisteredSchema {
  readonly id: SchemaId
  /** As it was registered. */
  readonly schema: string
}

export interface SubjectVersion extends RegisteredSchema {
  /** Of the subject, from 1; a deleted version leaves a gap. */
  readonly version: number
}

const ID = z.number().transform((value, context) => {
  const id = parseSchemaId(value)
  if (id !== undefined) return id
  context.addIssue({ code: 'custom', message: 'is no schema id' })
  return z.NEVER
})
const ID_ANSWER = z.object({ id: ID })
const VERSION_ANSWER = z.object({ id: ID, schema: z.string() })
const NUMBERED_ANSWER = VERSION_ANSWER.extend({ version: z.int() })
const VERSIONS_ANSWER = z.array(z.int())
const SCHEMA_ANSWER = z.object({ schema: z.string(), schemaType: z.string().optional() })
const CONFIG_ANSWER = z.object({ compatibilityLevel: z.string() })
/** Confluent names it `compatibility`, Apicurio as in the answer to GET. */
const CONFIG_WRITTEN = z.union([z.object({ compatibility: z.string() }), CONFIG_ANSWER])
const CHECK_ANSWER = z.object({ is_compatible: z.boolean() })
const PROBLEM = z.object({ error_code: z.number(), message: z.string().optional() })

/** Every version can read, and be read by, every other (docs/replication.md, "Schemas"). */
export const COMPATIBILITY: string = 'FULL_TRANSITIVE'
/** What is down is the registry, whatever it was asked. */
const REGISTRY = 'registry'
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'
/** Subject, version and schema that are not there; a plain 404 is a wrong base URL. */
const NOT_FOUND = new Set([40401, 40402, 40403])
/** Of what would be written: gateways and registries that let nobody register, or nothing so large. */
const WRITE_REFUSED = new Set([405, 406, 411, 413, 415, 423, 451, 501])
/** No setting for this subject: the registry's default counts. */
const NO_SUBJECT_CONFIG = 40408

interface RegistryAnswer {
  readonly status: number
  readonly text: string
  readonly retryAfter: number | undefined
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: unknown
}

/**
 * A Confluent-compatible schema registry, as far as a publisher and a reader need it. Ids follow the bytes of a schema
 * (docs/kafka.md §9). Calls are not repeated here: the errors say whether that makes sense.
 */
export class SchemaRegistry {
  readonly #base: string
  readonly #auth: Renewable | undefined
  readonly #timeoutMs: number
  readonly #tries: Tries
  readonly #send: HttpFetch
  readonly #waySettings: readonly string[]
  readonly #byId = new Map<SchemaId, string>()

  constructor(options: SchemaRegistryOptions) {
    const url = new URL(options.url)
    const inUrl = url.username === '' ? undefined : decodeURIComponent(`${url.username}:${url.password}`)
    const auth = options.auth ?? inUrl
    // fetch refuses such URLs with an error that quotes them (R15).
    url.username = ''
    url.password = ''
    this.#base = url.href.replace(/\/+$/, '')
    this.#auth = typeof auth === 'string' ? unchanging(auth) : auth
    if (this.#auth !== undefined) keepCredential(this.#auth.reveal())
    this.#timeoutMs = options.timeoutMs ?? 10_000
    this.#tries = options.tries ?? NOBODY
    this.#send = options.fetch ?? fetch
    this.#waySettings = options.waySettings ?? []
  }

  /**
   * The id of the schema in the subject. If it is not there yet, the subject is made FULL_TRANSITIVE and the schema its
   * next version; otherwise nothing is written.
   */
  async register(subject: string, schema: string, signal: AbortSignal): Promise<SchemaId> {
    const known = await this.find(subject, schema, signal)
    if (known !== undefined) return known
    await this.ensureCompatibility(subject, signal)
    const call: Call = { method: 'POST', path: path`/subjects/${subject}/versions`, body: { schema } }
    const { id } = await this.#demand(call, ID_ANSWER, signal)
    return this.#remember(id, schema)
  }

  /** The id of the schema in the subject; undefined if it is none of its versions. Writes nothing. */
  async find(subject: string, schema: string, signal: AbortSignal): Promise<SchemaId | undefined> {
    const call: Call = { method: 'POST', path: path`/subjects/${subject}`, body: { schema } }
    const known = await this.#ask(call, ID_ANSWER, signal)
    return known === undefined ? undefined : this.#remember(known.id, schema)
  }

  /** Sets FULL_TRANSITIVE on the subject, which need not exist yet, unless it is set. */
  async ensureCompatibility(subject: string, signal: AbortSignal): Promise<void> {
    if ((await this.compatibility(subject, signal)) === COMPATIBILITY) return
    const body = { compatibility: COMPATIBILITY }
    await this.#demand({ method: 'PUT', path: path`/config/${subject}`, body }, CONFIG_WRITTEN, signal)
  }

  /** Of the subject; undefined where the registry's default counts. */
  async compatibility(subject: string, signal: AbortSignal): Promise<string | undefined> {
    const call: Call = { method: 'GET', path: path`/config/${subject}` }
    return (await this.#ask(call, CONFIG_ANSWER, signal))?.compatibilityLevel
  }

  /** The subject's latest version; undefined if it has none. */
  async latest(subject: string, signal: AbortSignal): Promise<RegisteredSchema | undefined> {
    const call: Call = { method: 'GET', path: path`/subjects/${subject}/versions/latest` }
    return this.#ask(call, VERSION_ANSWER, signal)
  }

  /** Numbers of the subject's versions, ascending; none if it does not exist. */
  async versions(subject: string, signal: AbortSignal): Promise<readonly number[]> {
    const call: Call = { method: 'GET', path: path`/subjects/${subject}/versions` }
    const numbers = await this.#ask(call, VERSIONS_ANSWER, signal)
    return (numbers ?? []).toSorted((a, b) => a - b)
  }

  /** One version of the subject; undefined if it does not have it. */
  async version(
    subject: string,
    version: number | 'latest',
    signal: AbortSignal,
  ): Promise<SubjectVersion | undefined> {
    const call: Call = { method: 'GET', path: path`/subjects/${subject}/versions/${String(version)}` }
    return this.#ask(call, NUMBERED_ANSWER, signal)
  }

  /** The text of a schema; undefined if the registry does not know it. Asked for once: ids never change their schema. */
  async byId(id: SchemaId, signal: AbortSignal): Promise<string | undefined> {
    const known = this.#byId.get(id) ?? (await this.fetchById(id, signal))
    if (known !== undefined) this.#remember(id, known)
    return known
  }

  /** The same, asked for now: a registry can be emptied. */
  async fetchById(id: SchemaId, signal: AbortSignal): Promise<string | undefined> {
    const call: Call = { method: 'GET', path: `/schemas/ids/${id}` }
    const found = await this.#ask(call, SCHEMA_ANSWER, signal)
    if (found === undefined) return undefined
    if (found.schemaType !== undefined && found.schemaType !== 'AVRO') {
      throw new RegistryBadResponse(
        this.#describe(call),
        `schema ${id} is ${quoteForeign(found.schemaType)}, not AVRO`,
      )
    }
    return found.schema
  }

  /** Whether the schema could be the subject's next version. True for a subject without versions. */
  async check(subject: string, schema: string, signal: AbortSignal): Promise<boolean> {
    const call: Call = {
      method: 'POST',
      path: path`/compatibility/subjects/${subject}/versions`,
      body: { schema },
    }
    const answer = await this.#ask(call, CHECK_ANSWER, signal)
    return answer?.is_compatible ?? true
  }

  #remember(id: SchemaId, schema: string): SchemaId {
    this.#byId.set(id, schema)
    return id
  }

  #describe({ method, path }: Call): string {
    return `${method} ${this.#base}${path}`
  }

  async #demand<T>(call: Call, answer: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const found = await this.#ask(call, answer, signal)
    if (found === undefined) throw new RegistryBadResponse(this.#describe(call), 'HTTP 404')
    return found
  }

  /** Undefined if the registry says that what was asked for is not there. */
  async #ask<T>(call: Call, answer: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      const found = await this.#askOnce(call, answer, signal)
      this.#tries.succeeded(REGISTRY)
      return found
    } catch (error) {
      // A refusal is an answer; whoever asked tells of it.
      if (error instanceof RegistryUnreachable) this.#tries.failed(REGISTRY, error, null)
      else if (!signal.aborted) this.#tries.succeeded(REGISTRY)
      throw error
    }
  }

  async #askOnce<T>(call: Call, answer: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    const { status, text, retryAfter } = await this.#answer(call, signal)
    const what = this.#describe(call)
    if (status >= 200 && status < 300) {
      const parsed = answer.safeParse(parseJson(text))
      if (parsed.success) return parsed.data
      throw new RegistryBadResponse(what, z.prettifyError(parsed.error))
    }
    const problem = PROBLEM.safeParse(parseJson(text)).data
    const code = problem?.error_code
    if (status === 404 && code !== undefined && (NOT_FOUND.has(code) || code === NO_SUBJECT_CONFIG)) {
      return undefined
    }
    if (status === 401 || status === 403)
      throw new RegistryUnauthorized(what, status, this.#auth?.file ?? null)
    if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
      throw new RegistryUnreachable(what, `HTTP ${status}`, { retryAfterMs: retryAfter })
    }
    if (status === 409 || status === 422 || (call.method !== 'GET' && WRITE_REFUSED.has(status))) {
      const { message } = problem ?? {}
      throw new RegistryRefused(
        what,
        status,
        message === undefined ? 'no reason given' : quoteForeign(message),
      )
    }
    throw new RegistryBadResponse(what, `HTTP ${status}`)
  }

  /** Refused credentials may have been renewed since they were read. */
  async #answer(call: Call, signal: AbortSignal): Promise<RegistryAnswer> {
    const auth = this.#auth?.reveal()
    const answer = await this.#fetch(call, auth, signal)
    if (answer.status !== 401 && answer.status !== 403) return answer
    if (this.#auth === undefined || (!this.#auth.refresh() && this.#auth.reveal() === auth)) return answer
    const renewed = this.#auth.reveal()
    keepCredential(renewed)
    return await this.#fetch(call, renewed, signal)
  }

  async #fetch(call: Call, auth: string | undefined, signal: AbortSignal): Promise<RegistryAnswer> {
    signal.throwIfAborted()
    const headers: Record<string, string> = { accept: `${MEDIA_TYPE}, application/json` }
    if (auth !== undefined) headers['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    if (body !== undefined) headers['content-type'] = MEDIA_TYPE
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)])
    try {
      const response = await this.#follow(call, headers, body, within)
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const retryAfter = Number.isFinite(seconds) ? seconds * 1000 : undefined
      return { status: response.status, text: await boundedText(response, LARGEST_ANSWER_BYTES), retryAfter }
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof RegistryBadResponse) throw cause
      const authority = isUntrusted(cause)
        ? ['SCHEMA_REGISTRY_CA (the certificate is of an authority that is not known here)']
        : []
      const settings = [...this.#waySettings, ...authority]
      throw new RegistryUnreachable(this.#describe(call), 'no answer', { cause, settings })
    }
  }

  /** Follows a redirect within the same host alone: schemas and credentials go nowhere else, nor unencrypted. */
  async #follow(
    call: Call,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpFetchAnswer> {
    const request = { method: call.method, headers, ...(body === undefined ? {} : { body }), signal }
    let url = new URL(this.#base + call.path)
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#send(url.href, { ...request, redirect: 'manual' })
      if (!REDIRECTS.has(response.status)) return response
      await boundedText(response, LARGEST_ANSWER_BYTES)
      const location = response.headers.get('location') ?? ''
      const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined
      // The others would make a GET of a POST.
      const keepsMethod = call.method === 'GET' || response.status >= 307
      if (target === undefined || redirects >= MOST_REDIRECTS || !keepsMethod || !isSameServer(url, target)) {
        const to = target === undefined ? 'nowhere' : quoteForeign(target.origin)
        const how = `HTTP ${response.status}, a redirect to ${to} that is not followed`
        throw new RegistryBadResponse(this.#describe(call), how)
      }
      url = target
    }
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MOST_REDIRECTS = 3
/** A schema of ten thousand fields stays far below this. */
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024

function isSameServer(from: URL, to: URL): boolean {
  if (to.origin === from.origin) return true
  return from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname
}

/** Subjects may hold any character (docs/kafka.md §9). */
function path(literals: TemplateStringsArray, ...names: readonly string[]): string {
  return String.raw({ raw: literals }, ...names.map(encodeURIComponent))
}
