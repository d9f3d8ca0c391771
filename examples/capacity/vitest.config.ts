import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

export default defineConfig({
  plugins: [
    wsLoad({
      target: { command: 'node server.js', url: 'ws://127.0.0.1:3001' },
      defaults: { connections: 20, warmup: '500ms' },
    }),
  ],
})
