import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

export default defineConfig({
  plugins: [
    wsLoad({
      target: { command: 'node server.js', url: 'ws://127.0.0.1:3001/graphql' },
      defaults: { connections: 20, rate: '400/s' },
    }),
  ],
})
