/**
 * What `make check` holds the sources to. `ROOMS` is the one table of who may import whom: the rules are made from it, and
 * a test holds docs/architecture.md against it.
 */

interface Room {
  /** Rooms whose values it may import; its own is understood. */
  readonly imports: readonly string[]
  /** Rooms of which it may import types alone. */
  readonly types: readonly string[]
  /** Libraries that no other room may import. */
  readonly libraries: readonly string[]
  /** No I/O, no clock, no randomness: a run of it can be replayed. */
  readonly pure: boolean
}

const CLOSED: Room = { imports: [], types: [], libraries: [], pure: false }
const VOCABULARY = ['domain', 'support']
/** Of the adapters: what implements the ports. */
const ADAPTER: Room = { ...CLOSED, imports: VOCABULARY, types: ['replication'] }
const TOPICS = [...VOCABULARY, 'events', 'kafka']

const INNER: Readonly<Record<string, Room>> = {
  support: CLOSED,
  domain: { ...CLOSED, imports: ['support'], pure: true },
  resources: { ...CLOSED, imports: ['domain'], pure: true },
  replication: { ...CLOSED, imports: VOCABULARY, pure: true },
  network: { ...CLOSED, imports: ['support'], libraries: ['undici'] },
  spark: { ...ADAPTER, libraries: ['undici'] },
  'key-index': { ...ADAPTER, libraries: ['classic-level'] },
  events: { ...CLOSED, imports: VOCABULARY },
  contract: { ...CLOSED, imports: [...VOCABULARY, 'events'] },
  kafka: { ...CLOSED, imports: ['support'], libraries: ['kafkajs'] },
  feed: { ...CLOSED, imports: TOPICS },
  publisher: { ...ADAPTER, imports: [...TOPICS, 'feed'] },
  recovery: { ...ADAPTER, imports: [...TOPICS, 'feed'] },
  consumer: { ...CLOSED, imports: [...TOPICS, 'feed'], libraries: ['pg', 'pg-copy-streams'] },
  ops: ADAPTER,
  simulator: { ...CLOSED, imports: VOCABULARY, libraries: ['selfsigned'] },
  stack: { ...CLOSED, imports: VOCABULARY },
}

export const ROOMS: Readonly<Record<string, Room>> = {
  ...INNER,
  config: { ...CLOSED, imports: VOCABULARY },
  demo: { ...CLOSED, imports: [...VOCABULARY, 'events', 'kafka', 'consumer', 'ops', 'simulator', 'stack'] },
  app: { ...CLOSED, imports: [...Object.keys(INNER), 'config', 'demo'] },
  cli: { ...CLOSED, imports: ['app', 'config', 'support'] },
}

interface ImportPattern {
  readonly regex: string
  readonly message: string
  readonly allowTypeImports?: true
}

/** With the names of the rooms alone: a folder within a room may have any name but theirs. */
function intoRooms(rooms: readonly string[]): string {
  return String.raw`^(\.\./)+(${rooms.join('|')})/`
}

function importRules(name: string, { imports, types, libraries }: Room): readonly ImportPattern[] {
  const allowed = new Set([name, ...imports, ...types])
  const others = Object.keys(ROOMS).filter((room) => !allowed.has(room))
  const see = `${name}/ may not import it (docs/architecture.md, "Rooms").`
  const foreign = Object.values(ROOMS)
    .flatMap((room) => room.libraries)
    .filter((library) => !libraries.includes(library))
  return [
    ...(others.length === 0 ? [] : [{ regex: intoRooms(others), message: see }]),
    ...(types.length === 0
      ? []
      : [{ regex: intoRooms(types), allowTypeImports: true as const, message: `Types alone: ${see}` }]),
    ...foreign.map((library) => ({
      regex: `^${library}`,
      message: `One room imports ${library} (docs/architecture.md, "Rooms").`,
    })),
  ]
}

const IMPURE_GLOBALS = [
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'process',
  'performance',
  'crypto',
]
const IMPURE_PROPERTIES = [
  { object: 'Date', property: 'now', message: 'No clock here.' },
  { object: 'Math', property: 'random', message: 'No randomness here.' },
]

function rulesOf(name: string, room: Room): object {
  const patterns = importRules(name, room)
  if (!room.pure) return { 'typescript/no-restricted-imports': ['error', { patterns }] }
  const message = `${name}/ is pure; take it as a port.`
  return {
    'typescript/no-restricted-imports': ['error', { patterns: [...patterns, { regex: '^node:', message }] }],
    'no-restricted-globals': ['error', ...IMPURE_GLOBALS.map((global) => ({ name: global, message }))],
    'no-restricted-properties': ['error', ...IMPURE_PROPERTIES],
  }
}

/** What the package exports: nothing of the publishing side, so that a subscriber loads none of it. */
const EXPORTS = {
  files: ['src/index.ts'],
  rules: {
    'typescript/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [
              '*',
              './**',
              '../**',
              '!../schemas/event-types.d.ts',
              '!./consumer/',
              '!./consumer/sdk/**',
              '!./resources/**',
              '!./domain/**',
              '!./support/errors.ts',
            ],
            message: 'The package exports what subscribers need and nothing else (docs/architecture.md).',
          },
        ],
      },
    ],
  },
}

export default {
  plugins: ['typescript', 'unicorn', 'import', 'promise', 'node', 'oxc'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['dist/**'],
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-non-null-assertion': 'error',
    'no-console': 'error',
    eqeqeq: 'error',
    'typescript/consistent-return': 'off',
    'promise/no-callback-in-promise': 'off',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'no-await-in-loop': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'import/no-unassigned-import': 'off',
    'no-underscore-dangle': 'off',
    'no-shadow': 'off',
    'unicorn/require-module-specifiers': 'off',
    'promise/always-return': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
  },
  overrides: [
    ...Object.entries(ROOMS).map(([name, room]) => ({
      files: [`src/${name}/**`],
      rules: rulesOf(name, room),
    })),
    EXPORTS,
    {
      files: ['src/**'],
      rules: {
        'max-lines-per-function': ['error', { max: 60 }],
        'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      },
    },
    {
      // The package that they are written for is not installed here: its types are any to the linter.
      files: ['examples/**'],
      rules: { 'typescript/no-redundant-type-constituents': 'off' },
    },
    {
      files: ['test/**', 'bench/**'],
      rules: { 'typescript/no-non-null-assertion': 'off', 'typescript/no-unsafe-type-assertion': 'off' },
    },
  ],
}
