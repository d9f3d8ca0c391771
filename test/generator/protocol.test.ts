import { expect, test } from 'vitest'
import { flood, floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { repeating } from '../support/refusals.ts'
import { echoing } from '../support/servers.ts'

const users = { protocol: new URL('../support/users.protocol.ts', import.meta.url), data: { room: 'lobby' } }

test('each connection is a user of its own, over all threads', async () => {
  await using server = await echoing({ protocols: ['chat.v1'] })
  const { pings, errors, options } = await flood(server, { connections: 6, threads: 2, pings: 60, probe: users })
  expect(pings).toMatchObject({ sent: 60, answered: 60 })
  expect(errors).toEqual({})
  const seen = server.handshakes.map(
    ({ path, headers, protocol }) => `${path} ${String(headers['x-user'])} ${protocol}`,
  )
  expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((index) => `/lobby?user=user-${index} user-${index} chat.v1`))
  expect(options.probe).toBe('protocol users.protocol.ts')
})

test('what a connection alone asked for is masked where a server repeats it', async () => {
  const protocol = await moduleFile(
    `export default { request: String, reply: Number, url: (index) => '/?access_token=secret-' + index }`,
  )
  await using server = await repeating('redirect', (text) => text)
  const { errors } = await floodAt(server.url, { connections: 1, probe: { protocol } })
  expect(JSON.stringify(errors)).toContain('masked')
  expect(JSON.stringify(errors)).not.toContain('secret')
})
