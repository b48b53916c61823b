import { errorCode } from '../../../support/error-code.ts'
import { ListingstreamError } from '../../../support/errors.ts'
import { quoteForeign } from '../../../support/secrets.ts'
import { StoreError, type StoreErrorKind } from '../store-error.ts'

interface Meaning {
  readonly code: StoreErrorKind
  /** What happened, or what to do. */
  readonly advice: string
}

const AWAY = 'What is done stays done; it goes on with the next run, with --follow by itself.'
const CONFLICT = 'Others were at work in the database: run it again; --follow does so by itself.'
const SERVER_LOG = 'See the log of the server.'
const TYPO = 'Check host, port, user and database of --to, and PGPASSWORD or PGPASSFILE.'

/** By SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08': { code: 'STORE_UNAVAILABLE', advice: AWAY },
  '25006': {
    code: 'STORE_UNUSABLE',
    advice: 'The server takes no writes: it is a standby, or set to read only. Name the primary.',
  },
  '25P03': { code: 'STORE_UNAVAILABLE', advice: AWAY },
  '28': { code: 'STORE_UNUSABLE', advice: TYPO },
  '3D000': {
    code: 'STORE_UNUSABLE',
    advice: 'Make the database first (CREATE DATABASE), or name another one.',
  },
  '40': { code: 'STORE_UNAVAILABLE', advice: CONFLICT },
  '42501': {
    code: 'STORE_UNUSABLE',
    advice:
      'The user needs CREATE on the database and on the schema, and has to own the tables that it replaces.',
  },
  '53100': {
    code: 'STORE_UNAVAILABLE',
    advice: 'The disk of the server is full: make room, and run it again. What is done stays done.',
  },
  '53': { code: 'STORE_UNAVAILABLE', advice: AWAY },
  '54': {
    code: 'STORE_UNUSABLE',
    advice: 'A record is more than a row of PostgreSQL can hold. Rebuild into SQLite.',
  },
  '55': { code: 'STORE_UNAVAILABLE', advice: CONFLICT },
  '57': { code: 'STORE_UNAVAILABLE', advice: AWAY },
  '58': { code: 'STORE_UNAVAILABLE', advice: SERVER_LOG },
}

/** Of the socket, of name resolution and of TLS. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])
const CUT = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])

/** What PostgreSQL, or the way to it, has refused, told to an operator; anything else as it is. @param store its name */
export function postgresFailure(error: unknown, store: string): unknown {
  if (error instanceof ListingstreamError || !(error instanceof Error)) return error
  // Of a name with several addresses, each of which failed.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const why = quoteForeign(first instanceof Error && first.message !== '' ? first.message : error.message)
  const meaning = meaningOf(errorCode(first) ?? errorCode(error), why)
  if (meaning === undefined) return error
  const { code, advice } = meaning
  const mayPass = code === 'STORE_UNAVAILABLE'
  return new StoreError(`${store} cannot be written to${mayPass ? ' now' : ''} (${why}). ${advice}`, code, {
    cause: error,
  })
}

function meaningOf(code: string | undefined, why: string): Meaning | undefined {
  if (code !== undefined && UNREACHABLE.has(code)) {
    return { code: 'STORE_UNAVAILABLE', advice: `Is the server there? ${TYPO}` }
  }
  if (code !== undefined && CUT.has(code)) return { code: 'STORE_UNAVAILABLE', advice: AWAY }
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) {
    return MEANINGS[code] ?? MEANINGS[code.slice(0, 2)] ?? { code: 'STORE_UNUSABLE', advice: SERVER_LOG }
  }
  // The client's own, which have no code.
  if (/terminated|timeout|not queryable|closed/i.test(why)) return { code: 'STORE_UNAVAILABLE', advice: AWAY }
  if (/SASL|password/i.test(why)) return { code: 'STORE_UNUSABLE', advice: TYPO }
  if (/SSL|certificate|self-signed/i.test(why)) {
    return { code: 'STORE_UNUSABLE', advice: 'Check sslmode and sslrootcert of --to.' }
  }
  return undefined
}
