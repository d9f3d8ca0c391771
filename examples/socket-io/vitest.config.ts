import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

export default defineConfig({
  plugins: [
    wsLoad({
      // All of the URL: while it starts, the server is asked for it by plain handshakes.
      target: { command: 'node server.js', url: 'ws://127.0.0.1:3001/socket.io/?EIO=4&transport=websocket' },
      defaults: { connections: 50, rate: '1k/s' },
    }),
  ],
})
