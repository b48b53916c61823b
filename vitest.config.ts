import { defineConfig } from 'vitest/config'

import { CountReporter } from './test/fixtures/count-reporter.ts'

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts'],
          isolate: false,
          setupFiles: ['test/fixtures/fresh-modules.ts'],
          // They take seconds on a quiet machine; a busy one is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          globalSetup: ['test/fixtures/stack-setup.ts'],
          // They wait for brokers and servers as often as they compute; vitest would leave one of two cores idle.
          maxWorkers: 2,
          // After the fast ones.
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
