import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

export default defineConfig({
  plugins: [wsLoad({ defaults: { connections: 64, duration: '5s' }, report: { html: true } })],
  test: {
    // The summary is what the demo shows: no "stdout | file > test" above it, and in colours where this is a terminal.
    disableConsoleIntercept: true,
    env: process.stdout.isTTY && process.stdout.hasColors() ? { FORCE_COLOR: '1' } : {},
  },
})
