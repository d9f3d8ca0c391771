import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

export default defineConfig({
  plugins: [wsLoad({ defaults: { connections: 20, probe: { text: 'PING' } } })],
  test: { name: 'latency gate', include: ['*.gate.ts'] },
})
