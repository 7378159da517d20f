import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'test/vitest.config.ts', 'test/vitest.alone.config.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/index.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: {
        'packages/core/src/**/*.ts': { lines: 95 },
        'packages/core/src/{steps,guards,http}/**/*.ts': { branches: 100 },
      },
    },
  },
})
