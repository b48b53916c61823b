/**
 * How the text of one variable becomes a value. Every message is a sentence that ends with an example of a right value;
 * a text that may hold a password is not repeated in it (R15).
 */
import { isIP } from 'node:net'

import { z } from 'zod'

import { readFilter } from '../domain/sparkql.ts'
import { printable } from '../support/printable.ts'
import { keepCredential, keepSecret } from '../support/secrets.ts'
import type { ByResource } from './by-resource.ts'
import { parseDuration } from './duration.ts'
import { Secret, SettingText } from './secret.ts'

/** setTimeout holds 2^31 − 1 ms, 24.8 days. */
const LONGEST_TIMER = 24 * 86_400_000

function refuse(context: z.RefinementCtx, problem: string): z.ZodNever['_output'] {
  context.addIssue({ code: 'custom', message: problem })
  return z.NEVER
}

/**
 * What stands before an @ in an address is a password, what stands behind a ?, = or ; in an address or a connection string
 * may be one, and long texts without a blank are tokens.
 */
const SUSPICIOUS = /[@?=#&;%]|\S{41}/
/** In a list of names a ; is a slip. */
const SUSPICIOUS_IN_LIST = /[@?=#&%]|[^\s,;]{41}/

/** The value as it may be repeated to the operator. */
function shown(text: string, suspicious = SUSPICIOUS): string {
  if (suspicious.test(text)) return 'The value (not shown, it may hold a password)'
  return printable(JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text))
}

/** A text that `parse` understands; undefined from it is a mistake. */
function text<T>(problem: string, parse: (value: string) => T | undefined, suspicious?: RegExp) {
  return z.string().transform((value, context): T => {
    const parsed = parse(value)
    return parsed === undefined ? refuse(context, `${shown(value, suspicious)} is not ${problem}`) : parsed
  })
}

/** Goes into an HTTP header as it is, so a blank or a line break in it is a slip of copying. */
export function token(missing?: string) {
  return z
    .string({ error: missing })
    .regex(/^[\x21-\x7E]+$/, 'The token holds a blank or a character that no token has; copy it again')
    .transform((value) => new Secret(value))
}

/** Guards what changes the feed against guessing. */
export const adminToken = z
  .string()
  .min(
    16,
    'The token is shorter than 16 characters, so it could be guessed. Example: what "openssl rand -hex 32" prints',
  )
  .pipe(token())

export const password = z.string().transform((value) => new Secret(value))

/** `user:password` for HTTP basic authentication. */
export const basicAuth = z
  .string()
  .regex(
    /^[^:\r\n]+:[^\r\n]+$/,
    'This is not a user name and a password with a colon between. Example: user:password',
  )
  .transform((value) => {
    keepCredential(value)
    return new Secret(value)
  })

const HEADER_PAIR =
  /^\s*[A-Za-z0-9!#$%&'*+.^_|~-]+\s*=\s*(%[0-9A-Fa-f]{2}|[\x21-\x24\x26-\x2B\x2D-\x7E])*\s*$/

/** `name=value` of headers, with commas between, percent-encoded. What they say is mostly a key. */
export const headerPairs = z
  .string()
  .refine(
    (value) => value.split(',').every((pair) => HEADER_PAIR.test(pair)),
    'The value (not shown, it may hold a key) is no comma list of name=value, percent-encoded. Example: api-key=…',
  )
  .transform((value) => {
    for (const pair of value.split(','))
      keepSecret(decodeURIComponent(pair.slice(pair.indexOf('=') + 1).trim()))
    return new Secret(value)
  })

/** PEM text, read from the file that the variable names. */
const pemText = z.string().regex(/-----BEGIN [A-Z ]+-----/, 'The file holds no PEM block. Example: ./ca.pem')

export const pem = pemText.transform((value) => new SettingText(value))
export const privateKey = pemText.pipe(password)

/** In milliseconds, between `min` and `max` milliseconds. */
export function duration(example: string, { min, max = LONGEST_TIMER }: { min: number; max?: number }) {
  const range = `between ${spoken(min)} and ${spoken(max)}`
  return text(`a duration ${range}. Example: ${example}`, (value) => {
    const ms = parseDuration(value)
    return ms === undefined || ms < min || ms > max ? undefined : ms
  })
}

function spoken(ms: number): string {
  if (ms % 86_400_000 === 0 && ms > 0) return `${ms / 86_400_000}d`
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

export function integer(example: number, { min, max }: { min: number; max: number }) {
  return text(`a whole number between ${min} and ${max}. Example: ${example}`, (value) => {
    if (!/^\d{1,10}$/.test(value)) return undefined
    const number = Number(value)
    return number < min || number > max ? undefined : number
  })
}

/** A share of the whole, above 0 and up to 1. */
export const ratio = text('a share above 0 and up to 1. Example: 0.1', (value) => {
  if (!/^(\d{1,3}\.?\d{0,9}|\.\d{1,9})$/.test(value)) return undefined
  const number = Number(value)
  return number > 0 && number <= 1 ? number : undefined
})

const OF_RESOURCE = /^\s*(?:([a-z][a-z0-9-]*)\s*=)?\s*(.*?)\s*$/

/** `100,accounts=20`: a value for all resources, and others for some. Which of them there are, the command knows. */
export function byResource<T>(single: z.ZodType<T, string>, usual: T) {
  const parse = (value: string, context: z.RefinementCtx): ByResource<T> => {
    const of = new Map<string, T>()
    const plain: T[] = []
    for (const part of value.split(',')) {
      const [, name, text = ''] = OF_RESOURCE.exec(part) ?? []
      const parsed = single.safeParse(text)
      if (!parsed.success) return refuse(context, parsed.error.issues[0]?.message ?? '')
      if (name === undefined) plain.push(parsed.data)
      else of.set(name, parsed.data)
    }
    const [common = usual, another] = plain
    if (another === undefined) return { usual: common, of }
    return refuse(
      context,
      `Two values are for all resources. Example: ${String(usual)},accounts=${String(usual)}`,
    )
  }
  return z.string().transform(parse).default({ usual, of: new Map() })
}

export const flag = text('true or false. Example: true', (value) => {
  if (value === 'true') return true
  return value === 'false' ? false : undefined
})

export function oneOf<const T extends string>(...choices: readonly [T, ...T[]]) {
  return text(`one of ${choices.join(', ')}. Example: ${choices[0]}`, (value) =>
    choices.find((choice) => choice === value),
  )
}

/** An http or https address without credentials, query or fragment; comes without a slash at its end. */
export function httpUrl(example: string) {
  return z.string().transform((value, context): string => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      return refuse(context, `${shown(value)} is not an http or https address. Example: ${example}`)
    }
    if (url.username !== '' || url.password !== '') {
      return refuse(context, `The address must not hold a user name or password. Example: ${example}`)
    }
    if (url.search !== '' || url.hash !== '' || value.includes('?') || value.includes('#')) {
      return refuse(context, `The address must end with its path, without ? or #. Example: ${example}`)
    }
    return url.href.replace(/\/+$/, '')
  })
}

/** An http or https address, perhaps with a login; `host:port` alone is http. What holds a login is a secret. */
export const proxyUrl = z.string().transform((value, context): SettingText => {
  const text = value.trim()
  const spelled = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(spelled) ? new URL(spelled) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    const problem = 'The value (not shown, it may hold a password) is no address of an http or https proxy'
    return refuse(context, `${problem}. Example: http://proxy:3128`)
  }
  if (url.username === '' && url.password === '') return new SettingText(url.href)
  for (const part of [url.username, url.password]) {
    if (!isPercentEncoded(part)) {
      return refuse(context, 'The user or password has a % that encodes nothing; write %25 for it')
    }
  }
  keepCredential(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)
  return new Secret(url.href)
})

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const PROXY_EXCEPTION = /^(\*|\*?\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[?[0-9A-Fa-f:]+\]?)(:\d{1,5})?$/

function isRange(text: string): boolean {
  const [, base = '', length = ''] = /^([0-9A-Fa-f.:]+)\/(\d{1,3})$/.exec(text) ?? []
  const version = isIP(base)
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128)
}

/** Hosts that are asked without a proxy. */
export const proxyExceptions = text(
  'a comma list of host names and addresses, each with or without :port, ranges of addresses, or *. Example: registry,.internal.example,10.0.0.0/8',
  (value) => {
    const list = value.split(/[,\s]+/).filter((host) => host !== '')
    return list.every((host) => PROXY_EXCEPTION.test(host) || isRange(host)) ? list.join(',') : undefined
  },
)

/** As addresses of webhooks often do, it may hold a token, which is why it is a secret. */
export const webhookUrl = z.string().transform((value, context): Secret => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '') {
    return new Secret(url.href)
  }
  context.addIssue({
    code: 'custom',
    message:
      'This is not an http or https address without a user name. Example: https://hooks.example.org/listings',
  })
  return z.NEVER
})

/** As `adminToken`; one of Standard Webhooks begins with whsec_. */
export const webhookSecret = z
  .string()
  .min(
    16,
    'The secret is shorter than 16 characters, so it could be guessed. Example: what "openssl rand -hex 32" prints',
  )
  .pipe(token())

const BROKER = /^([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/

/** `host:port`, separated by commas. */
export const brokers = text('a comma list of host:port. Example: kafka-1:9092,kafka-2:9092', (value) => {
  const list = value.split(',').map((broker) => broker.trim())
  const valid = list.every((broker) => {
    const port = Number(BROKER.exec(broker)?.[2] ?? 0)
    return port >= 1 && port <= 65_535
  })
  return valid ? [...new Set(list)] : undefined
})

/** Field names of the API, separated by commas; `none` for an empty list. */
export const fieldNames = text(
  'a comma list of field names (letters, digits, _), or none. Example: DaysOnMarket,CumulativeDaysOnMarket',
  (value) => {
    if (value === 'none') return []
    const list = value.split(',').map((name) => name.trim())
    return list.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) ? [...new Set(list)] : undefined
  },
)

const SELECTED = String.raw`[A-Za-z_][A-Za-z0-9_]*|"[^"]+"(?:\."[^"]+")?`
const SELECTION = new RegExp(String.raw`^\s*(?:${SELECTED})\s*(?:,\s*(?:${SELECTED})\s*)*$`)

/** Names of fields, also of the MLS's own, and of its groups (docs/spark-api.md §2.4); each once. */
export const selection = text(
  'a comma list of field names, "Group"."Field" for those of the MLS itself. Example: ListPrice,"Remarks"."Public"',
  (value) => (SELECTION.test(value) ? [...new Set(value.match(new RegExp(SELECTED, 'g')))] : undefined),
)

/** How deep parentheses may be (docs/spark-api.md §2.7). */
const DEEPEST_PARENTHESES = 2

/** Of a filter nothing is repeated in a message: what stands there by mistake may be a secret. */
export const sparkqlFilter = z.string().transform((filter, context) => {
  const shape = readFilter(filter)
  if ('problem' in shape) return refuse(context, `Character ${shape.at}: ${shape.problem} ${FILTER_EXAMPLE}`)
  // The program joins it to others, which may take a level more.
  const depth = shape.depth + (shape.hasAlternatives ? 1 : 0)
  if (depth <= DEEPEST_PARENTHESES) return filter
  const own = shape.hasAlternatives ? ', one of which the program adds because of the Or outside of all' : ''
  return refuse(
    context,
    `It has ${depth} levels of parentheses${own}; the source takes ${DEEPEST_PARENTHESES}. ${FILTER_EXAMPLE}`,
  )
})

const FILTER_EXAMPLE = `Example: PropertyType Eq 'A','B'`

/** Which of them there are, the command knows. */
export const resourceNames = names('a comma list of resource names. Example: listings,accounts')

/** Which of them there are, the command knows. */
export const subresourceNames = names(
  'a comma list of subresources of listings. Example: photos,videos,documents',
)

function names(what: string) {
  const parse = (value: string): readonly string[] | undefined => {
    const list = value.split(',').map((name) => name.trim())
    return list.every((name) => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) ? [...new Set(list)] : undefined
  }
  return text(what, parse, SUSPICIOUS_IN_LIST)
}

const TOPIC_PART = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,198}[A-Za-z0-9])?$/

// 249 characters are a topic's limit; the longest name after the prefix is `.listing-virtualtours`.
export const topicPrefix = text(
  'a topic prefix of at most 200 letters, digits, dots, _ or -, beginning and ending with a letter or digit. Example: spark',
  (value) => (TOPIC_PART.test(value) ? value : undefined),
)

// With `.feeds` behind it, it is a topic.
export const groupId = text(
  'a group id of at most 200 letters, digits, dots, _ or -, beginning and ending with a letter or digit. Example: listingstream',
  (value) => (TOPIC_PART.test(value) ? value : undefined),
)

export const path = text('a path. Example: ./data', (value) => (value.includes('\0') ? undefined : value))

/** An address or name to listen at. */
export const host = text('a host name or address to listen at. Example: 127.0.0.1', (value) =>
  /^[A-Za-z0-9.:_-]+$/.test(value) ? value : undefined,
)
