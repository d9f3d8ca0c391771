import { defineConfig, type OxlintOverride } from 'oxlint'
import { sharedFiles, rooms } from './rooms.ts'

const files = Object.keys(sharedFiles).map((name) => `${name}.ts`)
const knowsVitest = {
  group: ['vitest', 'vitest/**', '@vitest/**', 'vitest-ws-load', 'vitest-ws-load/**'],
  message: 'Only src/vitest knows Vitest.',
}
const needsNode = { group: ['node:*', 'node:*/**'], message: 'It runs without Node.' }

// Of two overrides of a file the later one takes the place of the former: each has all of the file's patterns.
const overrides: OxlintOverride[] = [
  ...Object.entries(rooms).map(([name, room]) => {
    const allowed = [...room.imports.map((other) => `!../${other}/*`), ...files.map((file) => `!../${file}`)]
    const message = `${name} may import ${room.imports.join(', ') || 'no other room'} and src/*.ts: see rooms.ts.`
    return restrict(`src/${name}/**`, [
      { group: ['**/..', '**/../**', ...allowed], message },
      ...(name === 'vitest' ? [] : [knowsVitest]),
      ...(room.needsNode ? [] : [needsNode]),
    ])
  }),
  ...files.map((file) => {
    const group = ['./**', '**/..', '**/../**', ...files.map((other) => `!./${other}`)]
    const message = `${file} may import ${files.join(', ')}: see rooms.ts.`
    return restrict(`src/${file}`, [{ group, message }, knowsVitest, needsNode])
  }),
  restrict('src/index.ts', [{ group: ['**/cli/**'], message: 'Nobody imports src/cli.' }, knowsVitest]),
  ...['public', 'engine'].map((name) => {
    const group = ['**/cli/**', '**/vitest/**', './index.ts']
    return restrict(`src/${name}.ts`, [
      { group, message: `src/${name}.ts is for programs without Vitest.` },
      knowsVitest,
    ])
  }),
]

function restrict(files: string, patterns: { group: string[]; message: string }[]): OxlintOverride {
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist'],
  rules: {
    'array-callback-return': 'error',
    eqeqeq: 'error',
    'no-array-constructor': 'error',
    'no-case-declarations': 'error',
    'no-constructor-return': 'error',
    'no-else-return': 'error',
    'no-empty': 'error',
    'no-fallthrough': 'error',
    'no-inner-declarations': 'error',
    'no-lonely-if': 'error',
    'no-new-wrappers': 'error',
    'no-prototype-builtins': 'error',
    'no-self-compare': 'error',
    'no-useless-return': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'symbol-description': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-duplicates': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/no-deprecated': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-import-type-side-effects': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-function-type': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-includes': 'error',
    'typescript/prefer-nullish-coalescing': 'error',
    'typescript/prefer-readonly': 'error',
    'typescript/prefer-ts-expect-error': 'error',
    'typescript/related-getter-setter-pairs': 'error',
    'typescript/restrict-plus-operands': 'error',
    'typescript/return-await': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/use-unknown-in-catch-callback-variable': 'error',
    'unicorn/consistent-empty-array-spread': 'error',
    'unicorn/filename-case': 'error',
    'unicorn/new-for-builtins': 'error',
    'unicorn/no-abusive-eslint-disable': 'error',
    'unicorn/no-immediate-mutation': 'error',
    'unicorn/no-negation-in-equality-check': 'error',
    'unicorn/no-new-buffer': 'error',
    'unicorn/no-this-assignment': 'error',
    'unicorn/no-typeof-undefined': 'error',
    'unicorn/no-unnecessary-slice-end': 'error',
    'unicorn/no-unreadable-iife': 'error',
    'unicorn/no-useless-promise-resolve-reject': 'error',
    'unicorn/no-useless-switch-case': 'error',
    'unicorn/prefer-array-some': 'error',
    'unicorn/prefer-at': 'error',
    'unicorn/prefer-code-point': 'error',
    'unicorn/prefer-date-now': 'error',
    'unicorn/prefer-math-min-max': 'error',
    'unicorn/prefer-native-coercion-functions': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'unicorn/prefer-regexp-test': 'error',
    'unicorn/prefer-string-replace-all': 'error',
    'unicorn/prefer-string-slice': 'error',
    'unicorn/prefer-top-level-await': 'error',
    'unicorn/throw-new-error': 'error',
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'import/no-empty-named-blocks': 'off',
    'import/no-unassigned-import': 'off',
    'promise/always-return': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'oxc/no-map-spread': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-module-specifiers': 'off',
    'unicorn/require-post-message-target-origin': 'off',
  },
  overrides: [
    { files: ['src/**'], rules: { 'no-console': 'error', 'import/no-default-export': 'error' } },
    {
      files: ['src/generator/**'],
      rules: {
        'no-restricted-globals': [
          'error',
          {
            name: 'performance',
            message: 'Import it from node:perf_hooks: the global one is a getter, called each time.',
          },
        ],
      },
    },
    { files: ['src/vitest/**', 'src/protocols/**'], rules: { 'import/no-default-export': 'off' } },
    {
      files: ['test/**'],
      rules: { 'typescript/no-unsafe-assignment': 'off', 'typescript/no-unsafe-member-access': 'off' },
    },
    {
      // Without types.
      files: ['{examples,test}/**/*.js'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
    ...overrides,
  ],
})
