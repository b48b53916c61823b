/**
 * Strikes secrets out of text (R15). Who has a secret keeps it here, once, for the whole process: an error, a log line or
 * an HTTP answer can then not be made without the striking, wherever its words came from.
 *
 * A secret is found as it is, base64 (at any place within what was encoded), percent-encoded, with the escapes of JSON or
 * HTML, and in any mixture of these. What is shorter than four characters is not looked for by itself: it guards nothing,
 * and striking it would make noise of every message. A user name is no secret, but half of one: it is struck from what
 * others say, not from our own words, which may hold the same word.
 */
import { printable } from './printable.ts'

export const REDACTED = '[redacted]'

const SHORTEST = 4
/** What is longer (a private key) is never sent in a header, so nobody can echo it in other forms. */
const LONGEST_RESHAPED = 512
/** An error is a sentence or two; what is longer is no message. */
const LONGEST_QUOTE = 300

const secrets = new Set<string>()
const names = new Set<string>()
let own: RegExp | undefined
let foreign: RegExp | undefined

/** A token, a password, a key. */
export function keepSecret(text: string): void {
  remember(secrets, text)
}

/** `user:password`: the whole, and each part as what it is. */
export function keepCredential(userAndPassword: string): void {
  const colon = userAndPassword.indexOf(':')
  keepSecret(userAndPassword)
  if (colon === -1) return
  keepSecret(userAndPassword.slice(colon + 1))
  remember(names, userAndPassword.slice(0, colon))
}

/** For words of ours that may hold words of others. */
export function strike(text: string): string {
  own ??= anyOf(secrets)
  return text.replace(own, REDACTED)
}

/** For words of others alone: user names are struck too. */
export function strikeForeign(text: string): string {
  foreign ??= anyOf(new Set([...secrets, ...names]))
  return text.replace(foreign, REDACTED)
}

/** Words of others as they may stand in an error: struck, then cut, quoted as in JSON, one line. */
export function quoteForeign(text: string): string {
  const struck = strikeForeign(text)
  const cut = struck.length > LONGEST_QUOTE ? `${struck.slice(0, LONGEST_QUOTE)}…` : struck
  return printable(JSON.stringify(cut))
}

/** JSON text with every text in it struck, names of members too; the same text if there was nothing to strike. */
export function strikeJson(json: string): string {
  // In the text itself a secret of digits could be a number, and its escapes half of another one.
  return strike(json) === json ? json : JSON.stringify(deeplyStruck(JSON.parse(json)))
}

function deeplyStruck(value: unknown): unknown {
  if (typeof value === 'string') return strike(value)
  if (typeof value === 'number') return strike(String(value)) === String(value) ? value : REDACTED
  if (Array.isArray(value)) return value.map(deeplyStruck)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [strike(name), deeplyStruck(inner)]))
}

function remember(kept: Set<string>, text: string): void {
  if (text.length < SHORTEST || kept.has(text)) return
  kept.add(text)
  own = undefined
  foreign = undefined
}

const NOTHING = /(?!)/g

function anyOf(texts: ReadonlySet<string>): RegExp {
  if (texts.size === 0) return NOTHING
  const longestFirst = [...texts].toSorted((a, b) => b.length - a.length)
  const plain = longestFirst.map(reshaped)
  const encoded = longestFirst.filter((text) => text.length <= LONGEST_RESHAPED).flatMap(base64Cores)
  return new RegExp([...plain, ...encoded].join('|'), 'g')
}

function reshaped(text: string): string {
  if (text.length > LONGEST_RESHAPED) return `${literal(text)}|${literal(JSON.stringify(text).slice(1, -1))}`
  return Array.from(text, anyForm).join('')
}

const BACKSLASHES = String.raw`\\{0,8}`
const JSON_SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
  ['\b', 'b'],
  ['\f', 'f'],
])
const HTML_NAMES: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
])

/** One character in every form in which it may have been written; backslashes before it may be escapes of any depth. */
function anyForm(character: string): string {
  const bytes = [...Buffer.from(character)].map((byte) => `%${anyCase(byte, 2)}`)
  const units = Array.from(
    { length: character.length },
    (_, i) => `${BACKSLASHES}${String.raw`\\`}u${anyCase(character.charCodeAt(i), 4)}`,
  )
  const codePoint = character.codePointAt(0) ?? 0
  const forms = [
    `${BACKSLASHES}${literal(character)}`,
    bytes.join(''),
    units.join(''),
    `&#0{0,4}${codePoint};`,
    `&#[xX]0{0,4}${anyCase(codePoint, 1)};`,
  ]
  const short = JSON_SHORT.get(character)
  if (short !== undefined) forms.push(String.raw`\\{1,8}${short}`)
  const named = HTML_NAMES.get(character)
  if (named !== undefined) forms.push(`&${named};`)
  if (character === ' ') forms.push(String.raw`\+`)
  return `(?:${forms.join('|')})`
}

/** The characters of a base64 text that a secret in it decides, wherever in the encoded bytes it begins. */
function base64Cores(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const core = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return core.length < SHORTEST ? [] : [Array.from(core, base64Form).join('')]
  })
}

function base64Form(character: string): string {
  if (character === '+') return '(?:[+-]|%2[bB])'
  if (character === '/') return String.raw`(?:\\{0,8}\/|_|%2[fF])`
  return character
}

function anyCase(value: number, digits: number): string {
  const hex = value.toString(16).padStart(digits, '0')
  return Array.from(hex, (digit) => (/\d/.test(digit) ? digit : `[${digit}${digit.toUpperCase()}]`)).join('')
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
