import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nameFlag } from '../../src/cli/flags.ts'
import { natsOf } from '../../src/cli/machines-flags.ts'

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('NATS_')) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test('a user in the URL of a flag is not renamed by the environment', () => {
  vi.stubEnv('NATS_USER', 'app')
  vi.stubEnv('NATS_PASSWORD', 'word')
  vi.stubEnv('NATS_CA', 'ca.pem')
  expect(natsOf({ nats: ['nats://load:pw@nats:4222'] })).toEqual({
    nats: ['nats://load:pw@nats:4222'],
    credentials: { tls: { ca: 'ca.pem' } },
  })
  expect(natsOf({ nats: ['nats://nats:4222'] }).credentials).toEqual({
    user: 'app',
    password: 'word',
    tls: { ca: 'ca.pem' },
  })
})

test('a file of credentials goes before both', () => {
  vi.stubEnv('NATS_TOKEN', 'token')
  expect(natsOf({ nats: ['nats://load:pw@nats:4222'], natsCreds: 'ci.creds' }).credentials).toEqual({
    creds: 'ci.creds',
  })
})

test('a variable that is missing is told by its name', () => {
  expect(nameFlag('machines.credentials: expected user and password together, got one of the two')).toBe(
    'NATS_USER, NATS_PASSWORD: expected user and password together, got one of the two',
  )
  expect(nameFlag('server.cgroup: expected a path, got nothing')).toBe('--server-cgroup: expected a path, got nothing')
})
