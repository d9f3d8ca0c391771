/** What a test imports of Vitest, so that one import does; `test` and `expect` are this package's own. */
export * from 'vitest'
