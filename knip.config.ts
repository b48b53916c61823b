import type { KnipConfig } from 'knip'

/** What `make check` looks for: files and dependencies that nothing needs, exports that no other file imports. */
export default {
  entry: [
    'src/cli/main.ts',
    'src/index.ts',
    'src/simulator/index.ts',
    // Runs in the operator's browser.
    'page/main.js',
    'bench/*.ts',
    // Each is started in a process of its own.
    'bench/processes/*.ts',
    'test/torture/main.ts',
    // Found by their folder.
    'src/simulator/collections/*.ts',
    // Each is started in a thread or a process of its own.
    'src/app/pages/page-thread.ts',
    'src/consumer/rebuild/writing/writer-thread.ts',
    'test/docs/curl.ts',
    'test/kafka/exit-script.ts',
    'test/key-index/ledger-writer.ts',
    'test/fixtures/tell-packages.ts',
    'test/consumer/sdk/loop-process.ts',
  ],
  project: ['src/**', 'page/**', 'test/**', 'bench/**'],
  // Of Debian's package `prometheus`; the tests that want it say so where it is missing.
  ignoreBinaries: ['promtool'],
  // The Node that runs it all.
  ignoreDependencies: ['node'],
} satisfies KnipConfig
