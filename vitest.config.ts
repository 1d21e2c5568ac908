import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const alias = { 'tsmpi/testing': `${root}/src/testing.ts`, tsmpi: `${root}/src/index.ts` };

export default defineConfig({
  resolve: { alias },
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        // Everything that runs from the sources, in one process.
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/jobs/**', 'test/hosts/**'],
          testTimeout: 30_000,
        },
      },
      {
        // Everything that starts real `tsrun` jobs: these run the built package.
        test: {
          name: 'jobs',
          include: ['test/jobs/**/*.test.ts'],
          globalSetup: 'test/helpers/build.ts',
          testTimeout: 60_000,
        },
      },
      {
        // Jobs on several hosts inside this machine, after everything else and one file at a time.
        test: {
          name: 'hosts',
          include: ['test/hosts/**/*.test.ts'],
          globalSetup: 'test/helpers/build.ts',
          testTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
