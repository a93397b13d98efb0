import { defineConfig } from 'vitest/config';

// What was not expected is told whole: of a failure elsewhere often nothing but its sentence is left.
const chaiConfig = { truncateThreshold: 0 };

/** `unit` needs no server at all; `ledger` a real PostgreSQL; `live` the whole system on the real engine. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          chaiConfig,
          include: ['{tests,src,connectors,sandbox,workflows,activities}/**/*.test.ts'],
          exclude: ['**/*.ledger.test.ts', '**/*.live.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
          maxWorkers: 2, // unless said, one less than the machine has
        },
      },
      {
        test: {
          name: 'ledger',
          chaiConfig,
          include: ['tests/**/*.ledger.test.ts'],
          globalSetup: ['tests/kit/postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'live',
          chaiConfig,
          include: ['tests/**/*.live.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
