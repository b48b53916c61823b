import { z } from 'zod'

import { errorCode } from '../support/error-code.ts'
import { didYouMean } from './did-you-mean.ts'
import type { RawValues } from './group.ts'
import type { TextFile } from './secret.ts'
import type { SettingsMistake } from './settings-error.ts'

/** Each of these may also be given by a file, named by `<variable>_FILE`. */
export const SECRETS: ReadonlySet<string> = new Set([
  'SPARK_ACCESS_TOKEN',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_SASL_OAUTH_CLIENT_SECRET',
  'SCHEMA_REGISTRY_AUTH',
  'ADMIN_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'WEBHOOK_URL',
  'WEBHOOK_SECRET',
])

const OBJECT = z.record(z.string(), z.unknown())

/** The value of each of these is the path of a file. */
const FILES: ReadonlySet<string> = new Set([
  'SPARK_API_CA',
  'SCHEMA_REGISTRY_CA',
  'KAFKA_SSL_CA',
  'KAFKA_SSL_CERT',
  'KAFKA_SSL_KEY',
])

export type Layer = ReadonlyMap<string, string>
type ReadFile = (path: string) => string

/** The member of the settings file that is a list of feeds (many-feeds.ts). */
export const FEEDS = 'feeds'

export interface SettingsFile {
  readonly layer: Layer
  /** Not looked at yet; undefined where the file has none. */
  readonly feeds: unknown
}

/** Collects the text of variables from layers of settings; what goes wrong is kept, not thrown. */
export class RawSettings {
  readonly mistakes: SettingsMistake[] = []
  /** Files that values came from, by variable. */
  readonly #paths = new Map<string, string>()
  readonly #readFile: ReadFile

  constructor(readFile: ReadFile) {
    this.#readFile = readFile
  }

  /** The settings file's values by name; empty if there is no such file. `known` are all variables that there are. */
  file(path: string, known: readonly string[]): SettingsFile {
    const { [FEEDS]: feeds, ...settings } = this.#readObject(path)
    return { layer: this.layer(settings, known, { place: path, of: '' }), feeds }
  }

  /**
   * @param place where the settings stand
   * @param of stands behind a name that is told
   */
  layer(
    settings: Readonly<Record<string, unknown>>,
    known: readonly string[],
    { place, of }: { readonly place: string; readonly of: string },
  ): Layer {
    const layer = new Map<string, string>()
    const names = new Set([...known, ...[...SECRETS].map((name) => `${name}_FILE`)])
    for (const [name, value] of Object.entries(settings)) {
      if (!names.has(name)) {
        const meant = didYouMean(name, names)
        const hint = meant === undefined ? 'the README names them all' : `did you mean ${meant}?`
        this.mistake(`${name}${of}`, `There is no such setting (in ${place}); ${hint}`)
        continue
      }
      const text = settingText(value)
      if (text === undefined) {
        this.mistake(
          `${name}${of}`,
          `In ${place} this must be a text, a number, true, false or a list of texts`,
        )
      } else if (text !== '') {
        layer.set(name, text)
      }
    }
    return layer
  }

  /** Text of the variables, from the first layer that has them. */
  collect(variables: readonly string[], layers: readonly Layer[]): RawValues {
    const values: Record<string, string> = {}
    for (const name of variables) {
      const byFile = SECRETS.has(name) ? `${name}_FILE` : undefined
      const layer = layers.find((layer) => layer.has(name) || (byFile !== undefined && layer.has(byFile)))
      const direct = layer?.get(name)
      const path = byFile === undefined ? undefined : layer?.get(byFile)
      if (direct !== undefined && path !== undefined) {
        this.mistake(name, `Set this or ${name}_FILE, not both`)
        continue
      }
      const text = this.#resolve(name, direct, path)
      if (text !== undefined) values[name] = text
    }
    return values
  }

  /** Undefined if the variable's value is no file's. Its path is known to be one: it was read. */
  fileOf(name: string): TextFile | undefined {
    const path = this.#paths.get(name)
    return path === undefined ? undefined : { path, read: () => this.#text(path) }
  }

  #text(path: string): string | undefined {
    try {
      return trimmedEnd(this.#readFile(path))
    } catch {
      return undefined
    }
  }

  #resolve(name: string, direct: string | undefined, path: string | undefined): string | undefined {
    if (path !== undefined) return this.#contents(name, `${name}_FILE`, path)
    if (direct === undefined) return undefined
    if (FILES.has(name)) return this.#contents(name, name, direct)
    return SECRETS.has(name) ? direct : direct.trim()
  }

  /** Without line breaks at the end. The path is not told: it may be the secret itself, set by mistake (R15). */
  #contents(name: string, variable: string, path: string): string | undefined {
    try {
      const text = trimmedEnd(this.#readFile(path.trim()))
      if (text !== '') {
        this.#paths.set(name, path.trim())
        return text
      }
      this.mistake(variable, 'The file that this names is empty')
    } catch (error) {
      this.mistake(variable, `The file that this names cannot be read (${whyUnread(error)})`)
    }
    return undefined
  }

  #readObject(path: string): Readonly<Record<string, unknown>> {
    let text: string
    try {
      text = this.#readFile(path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') this.mistake(path, `The file cannot be read (${whyUnread(error)})`)
      return {}
    }
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      // The parser's message quotes the file, which may hold secrets.
      this.mistake(path, 'The file is not JSON. Example: {"TOPIC_PREFIX": "spark"}')
      return {}
    }
    const object = OBJECT.safeParse(parsed)
    if (object.success) return object.data
    this.mistake(path, 'The file must hold one JSON object. Example: {"TOPIC_PREFIX": "spark"}')
    return {}
  }

  mistake(name: string, problem: string): void {
    this.mistakes.push({ name, problem })
  }
}

function whyUnread(error: unknown): string {
  return errorCode(error) ?? 'unknown error'
}

function trimmedEnd(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

/** Other programs take these in small letters, too. */
const ALSO_SMALL = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']

/** An empty variable is an unset one, as Compose files write it. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const layer = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value.trim() !== '') layer.set(name, value)
  }
  for (const name of ALSO_SMALL) {
    const small = layer.get(name.toLowerCase())
    if (small !== undefined && !layer.has(name) && !layer.has(`${name}_FILE`)) layer.set(name, small)
  }
  return layer
}

/** As the same setting would be written in the environment; undefined if it could not. */
function settingText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? '' : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return undefined
  if (!value.every((item) => typeof item === 'string')) return undefined
  return value.length === 0 ? 'none' : value.join(',')
}
