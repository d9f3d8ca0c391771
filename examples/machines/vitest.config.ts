import { defineConfig } from 'vitest/config'
import wsLoad from 'vitest-ws-load/plugin'

const {
  GATEWAY_URL: url = 'ws://127.0.0.1:3001',
  NATS_URL: nats = 'nats://127.0.0.1:4222',
  NATS_USER: user,
  NATS_PASSWORD: password,
  NATS_CA: ca,
  AGENTS: agents = '2',
  AGENTS_GROUP: group = 'default',
} = process.env

const credentials = { ...(user && password && { user, password }), ...(ca && { tls: { ca } }) }

export default defineConfig({
  plugins: [
    wsLoad({
      defaults: {
        url,
        connections: 200,
        rate: '1k/s',
        probe: { text: 'tea' },
        // Machines and images take a while until they are there.
        machines: { nats, agents: Number(agents), group, credentials, wait: '2m' },
      },
    }),
  ],
})
