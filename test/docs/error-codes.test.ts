import { expect, test } from 'vitest'

import { DATA_FAILED, FILTER_TOO_SLOW, TOKEN_REFUSED, TOO_SLOW } from '../../src/domain/error-codes.ts'
import { StoreError, type StoreErrorKind } from '../../src/consumer/rebuild/store-error.ts'
import { TopicError } from '../../src/feed/topic-error.ts'
import { KafkaError, type KafkaErrorCode } from '../../src/kafka/errors.ts'
import { SparkApiError, type SparkErrorCode } from '../../src/spark/spark-api-error.ts'
import { StackError, type StackErrorCode } from '../../src/stack/stack-error.ts'
import type { Disposition, ListingstreamError } from '../../src/support/errors.ts'
import { filesLike, read } from './repository.ts'

/** What becomes of a feed that meets the error. */
const DISPOSITIONS: Readonly<Record<Disposition, string>> = {
  retry: `
    INVARIANT_VIOLATION UNEXPECTED_ERROR PASS_OVERDUE PASS_INCOMPLETE PASS_WAITING NOT_READY FEED_ELSEWHERE FEED_OWNED NOTHING_TO_PAUSE
    SOURCE_CLOCK SWEEP_IDENTITY_CHANGED SWEEP_WITNESS_LOST STARTING TOPIC_MISCONFIGURED INDEX_LOCKED LEDGER_DAMAGED EVENT_UNREADABLE
    SPARK_UNAUTHORIZED SPARK_SESSION_EXPIRED SPARK_USER_CHANGED SPARK_KEY_DISABLED SPARK_KEY_RESTRICTED
    SPARK_ACCOUNT_INACTIVE SPARK_WRONG_ENDPOINT SPARK_NOT_PERMITTED SPARK_NOT_FOUND SPARK_METHOD_REFUSED
    SPARK_FILTER_REFUSED SPARK_BAD_PARAMETER SPARK_REFUSED SPARK_TOKEN_REFUSED SPARK_NOT_IN_SYNC
    SPARK_RATE_LIMITED SPARK_TOO_SLOW SPARK_FILTER_TOO_SLOW SPARK_DATA_FAILED SPARK_UNAVAILABLE SPARK_TIMEOUT SPARK_CONNECTION
    SPARK_PAGE_UNREADABLE SPARK_BODY_TOO_LARGE SPARK_BAD_RESPONSE PAGE_THREAD_FAILED PAGE_THREAD_SLOW
    KAFKA_UNREACHABLE KAFKA_UNAUTHORIZED KAFKA_TOKEN_REFUSED KAFKA_TOKEN_UNREACHABLE KAFKA_TOPIC_MISSING KAFKA_NOT_ENOUGH_REPLICAS
    KAFKA_RECORD_TOO_LARGE KAFKA_TIMESTAMP_REFUSED KAFKA_TRANSACTION_TIMEOUT_REFUSED
    KAFKA_OFFSET_OUT_OF_RANGE KAFKA_BATCH_DAMAGED KAFKA_READ_STALLED KAFKA_APPEND_UNVERIFIED
    KAFKA_TRANSACTION_TOO_SLOW KAFKA_EPOCH KAFKA_COMMIT_UNKNOWN KAFKA_PRODUCER_UNUSABLE KAFKA_CLOSED KAFKA_REJECTED KAFKA_GROUP_REFUSED KAFKA_PARTITIONS_REVOKED
    KAFKA_FAILED REGISTRY_UNREACHABLE REGISTRY_UNAUTHORIZED REGISTRY_REFUSED REGISTRY_LOST
    HOLD_LOST STORE_UNAVAILABLE REGISTRY_BAD_RESPONSE HTTP_CLIENT_GONE WEBHOOK_FAILED WEBHOOK_REFUSED DAEMON_STOPPING DAEMON_UNREACHABLE DAEMON_OTHER_INSTANCE
  `,
  reopen:
    'COMMIT_UNSETTLED DATA_DIR_LOST INDEX_BEHIND INDEX_CORRUPT INDEX_UNAVAILABLE TOPIC_MISSING ROWS_TRUNCATED',
  stop: `
    FENCED TOPIC_TRUNCATED TOPIC_FOREIGN_RECORD TOPIC_KEYS_MISPLACED SOURCE_CHANGED SETTINGS_INVALID
    SPARK_SETTINGS NO_SNAPSHOT SCOPE_CHANGED NO_CHANGE_STAMP NO_PURGE NO_HOLD NO_DEAD_LETTER HOLD_SUPERSEDED NO_FEED INDEX_MISSING SCHEMA_MISSING
    RESOURCE_NOT_REPLICATED RESOURCE_NOT_PUBLISHED RESTART_NEEDS_STOP WATERMARK_NEEDS_STOP WATERMARK_REFUSED REPUBLISH_UNFINISHED
    KEYS_UNUSABLE STORE_BUSY STORE_UNUSABLE STORE_FOREIGN STORE_NEWER STORE_OUTDATED STORE_WITHOUT_DIGESTS REBUILD_TOO_SLOW
    HTTP_LISTEN_FAILED HTTP_BAD_REQUEST HTTP_NOT_FOUND FEED_UNNAMED HTTP_CROSS_ORIGIN HTTP_FOREIGN_HOST
    ADMIN_TOKEN_UNSET ADMIN_TOKEN_WRONG INTERNAL_ERROR DAEMON_SETTINGS_DIFFER DAEMON_NOT_LOCAL
    DAEMON_FILE_UNTRUSTED DAEMON_BAD_ANSWER STACK_TOOLS_MISSING STACK_PORT_IN_USE STACK_DOWNLOAD_FAILED
    CONSUMER_OPTIONS CONSUMER_TOPIC_MISSING CONSUMER_DEAD_LETTER_TOPIC CONSUMER_OFFSET_LOST CONSUMER_UNREADABLE
    CONSUMER_HANDLER_FAILED
    CONSUMER_READER_SCHEMA STACK_START_FAILED STACK_STOP_FAILED STACK_STATE_UNREADABLE SIMULATOR_PORT SIMULATOR_UNKNOWN_KEY
    SIMULATOR_KEY_TAKEN SIMULATOR_UNKNOWN_FIELD DEMO_TOO_SMALL DEMO_READER_BEHIND DEMO_COMMAND_FAILED
  `,
}
const TABLE = Object.fromEntries(
  Object.entries(DISPOSITIONS).flatMap(([disposition, codes]) =>
    words(codes).map((code) => [code, disposition] as const),
  ),
)

const SOURCES = filesLike('src/**/*.ts').map((file) => read(file))

/** Reasons and refusals that are answered over HTTP and are no errors where they come to be. */
const ANSWERS = words(`
  PASS_OVERDUE STARTING INTERNAL_ERROR DAEMON_OTHER_INSTANCE HTTP_NOT_FOUND HTTP_CROSS_ORIGIN
  HTTP_FOREIGN_HOST ADMIN_TOKEN_UNSET ADMIN_TOKEN_WRONG
`)

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}

// Where a code comes to be: `code: 'X'` (or a union of them), `code = 'X'`, a type `…ErrorCode = 'X' | …`, and
// the constants of domain/error-codes.ts.
const ORIGIN =
  /(?:\bcode:|\bcode =|\w+ErrorCode =|\bexport const [A-Z_]+ =(?= '[A-Z]+_[A-Z_]+'\n))(?:\s*\|?\s*(?:typeof [A-Z_]+|'[A-Z][A-Z0-9_]*'))+/g

/** A room's table of its errors, by code. */
const ROOM_TABLE = /^const [A-Z]+_(?:ERRORS|DISPOSITIONS) = \{\n(.*?)\n\} as const/gms

function codesInTables(): readonly string[] {
  const tables = SOURCES.flatMap((text) => [...text.matchAll(ROOM_TABLE)].map(([, rows]) => rows!))
  return tables.flatMap((rows) => rows.match(/(?<=^ {2})[A-Z0-9_]+(?=: )/gm) ?? [])
}

function codesInSource(): Set<string> {
  const origins = SOURCES.flatMap((text) => text.match(ORIGIN) ?? [])
  const quoted = origins.flatMap((origin) => origin.match(/(?<=')[A-Z][A-Z0-9_]{2,}(?=')/g) ?? [])
  return new Set([...quoted, ...codesInTables()])
}

/** What an error says of itself where it is raised: `code: 'X', retryable: false, disposition: 'stop'`. */
const STATEMENT =
  /\bcode: (?:'([A-Z0-9_]+)'|([A-Z_]+))(?: as const)?,\s+retryable: (true|false)(?:,\s+disposition: '(\w+)')?/g

interface Said {
  readonly again: string
  readonly disposition: string
}

function saidInSource(): readonly (readonly [code: string, said: Said])[] {
  const names = new Map(
    [...read('src/domain/error-codes.ts').matchAll(/^export const (\w+) = '(\w+)'$/gm)].map(
      ([, name, code]) => [name, code] as const,
    ),
  )
  const stated = SOURCES.flatMap((text) => [...text.matchAll(STATEMENT)]).map(
    ([, quoted, constant, retryable, disposition = 'retry']) => {
      const again = retryable === 'true' ? 'yes' : 'no'
      return [quoted ?? names.get(constant) ?? '', { again, disposition }] as const
    },
  )
  const constants = [TOKEN_REFUSED, TOO_SLOW, FILTER_TOO_SLOW, DATA_FAILED]
  const byClass = [...codesInTables(), ...constants, ...stackCodes()].map((code) => {
    const { retryable, disposition } = errorOf(code)
    return [code, { again: retryable ? 'yes' : 'no', disposition }] as const
  })
  return [...stated, ...byClass]
}

function stackCodes(): readonly string[] {
  return read('src/stack/stack-error.ts').match(/(?<=\| ')[A-Z_]+/g) ?? []
}

/** Of a room whose class knows by the code. */
function errorOf(code: string): ListingstreamError {
  if (code.startsWith('STORE_')) return new StoreError('', code as StoreErrorKind)
  if (code.startsWith('STACK_')) return new StackError(code as StackErrorCode, '')
  if (code.startsWith('KAFKA_')) return new KafkaError('', { code: code as KafkaErrorCode })
  if (code.startsWith('SPARK_')) return new SparkApiError('', { code: code as SparkErrorCode, path: '' })
  return new TopicError('', code as ConstructorParameters<typeof TopicError>[1])
}

function codesInDocs(): readonly (readonly [code: string, said: Said])[] {
  const page = read('docs/operations.md')
  const section = page.slice(page.indexOf('\n## Error codes'))
  const rows = section.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \| (\w+) \| (\w+) \|/gm)
  return [...rows].map(([, code, again, disposition]) => [
    code!,
    { again: again!, disposition: disposition! },
  ])
}

test('every error code is explained in docs/operations.md, once, and none is that does not exist', () => {
  const documented = codesInDocs().map(([code]) => code)
  expect(documented.toSorted()).toEqual([...codesInSource()].toSorted())
})

test('docs/operations.md says of each error code what becomes of a feed that meets it', () => {
  const said = codesInDocs().map(([code, { disposition }]) => [code, disposition] as const)
  expect(Object.fromEntries(said)).toEqual(TABLE)
})

test('every error says of itself what docs/operations.md says of it', () => {
  const documented = new Map(codesInDocs())
  const said = saidInSource()
  const errors = [...documented.keys()].filter((code) => !ANSWERS.includes(code))
  expect(new Set(said.map(([code]) => code))).toEqual(new Set(errors))
  for (const [code, itself] of said) expect({ code, ...itself }).toEqual({ code, ...documented.get(code) })
})
