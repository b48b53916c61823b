import { keepSecret } from '../../../support/secrets.ts'
import { StoreError } from '../store-error.ts'

/** As libpq means them: `prefer` and `require` encrypt without looking at the certificate. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

type SslMode = (typeof SSL_MODES)[number]

/** Where a store in PostgreSQL is. Plain data: it goes to the thread that writes. */
export interface PostgresTarget {
  readonly kind: 'postgres'
  /** Undefined: `PGHOST`, or this machine. A path is that of a socket's folder. */
  readonly host: string | undefined
  /** Undefined: `PGPORT`, or 5432. */
  readonly port: number | undefined
  /** Undefined: `PGUSER`, or the name of this process's user. */
  readonly user: string | undefined
  /** Undefined: `PGPASSWORD`, or what `PGPASSFILE` or `~/.pgpass` has. */
  readonly password: string | undefined
  readonly database: string
  /** Of the tables that readers see. */
  readonly schema: string
  readonly sslMode: SslMode
  /** PEM file of who signs the server's certificate; undefined: those whom Node trusts. */
  readonly sslRootCert: string | undefined
}

const PARAMETERS = ['schema', 'host', 'sslmode', 'sslrootcert']
/** PostgreSQL cuts what is longer; the schema of unfinished rounds has a longer name than this one. */
const LONGEST_SCHEMA = 40

/**
 * `postgres://user@host:port/database?schema=…&sslmode=…&sslrootcert=FILE`. A password is better told by `PGPASSWORD` or
 * `PGPASSFILE`: arguments of a process are there for every user of the machine.
 *
 * @throws {StoreError} STORE_UNUSABLE
 */
export function parsePostgresUrl(text: string): PostgresTarget {
  keepPassword(text)
  const url = URL.parse(text)
  const at = (why: string): StoreError => new StoreError(`${text}: ${why}`, 'STORE_UNUSABLE')
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw at('that is no address of PostgreSQL, which is postgres://user@host:port/database.')
  }
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) {
    throw at(`${JSON.stringify(unknown)} is none of the parameters ${PARAMETERS.join(', ')}.`)
  }
  const database = decoded(url.pathname.slice(1))
  if (database === undefined) throw at('name the database: postgres://user@host:port/database.')
  const schema = url.searchParams.get('schema') ?? 'public'
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(schema) || schema.length > LONGEST_SCHEMA || /^pg_/i.test(schema)) {
    throw at(
      `a schema is at most ${LONGEST_SCHEMA} letters, digits and _, does not begin with a digit or pg_, and is not ${JSON.stringify(schema)}.`,
    )
  }
  const sslMode = SSL_MODES.find((mode) => mode === (url.searchParams.get('sslmode') ?? 'prefer'))
  if (sslMode === undefined) throw at(`sslmode is one of ${SSL_MODES.join(', ')}.`)
  return {
    kind: 'postgres',
    host: url.searchParams.get('host') ?? decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    schema,
    sslMode,
    sslRootCert: url.searchParams.get('sslrootcert') ?? undefined,
  }
}

/** As messages and reports name it (R15). */
export function postgresName({ host, port, user, database, schema }: PostgresTarget): string {
  const who = user === undefined ? '' : `${user}@`
  const where = port === undefined ? (host ?? '') : `${host ?? ''}:${port}`
  const inSchema = schema === 'public' ? '' : `?schema=${schema}`
  return `postgres://${who}${where}/${database}${inSchema}`
}

/** Also of what is no address: it is shown when it is refused. */
function keepPassword(text: string): void {
  const password = /^[a-z]+:\/\/[^/?#:]*:(.*)@/i.exec(text)?.[1] ?? ''
  for (const form of [password, decoded(password)]) if (form !== undefined) keepSecret(form)
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
