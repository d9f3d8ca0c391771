import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isThisMachine, listenersAt, parseSockets, socketsFor } from '../../src/system/listeners.ts'
import { freePort } from '../support/processes.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0000000013611405 100 0 0 10 0
   1: 00000000:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 42 1 00000000690182c6 100 0 0 10 0
   2: 0100007F:0BBA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 43 1 00000000690182c6 100 0 0 10 0
   3: 0100007F:0BB9 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 44 1 00000000690182c6 100 0 0 10 0
`

test('a table of sockets has those that listen at a port, and no connections to it', () => {
  expect(parseSockets(table, 3_001)).toEqual([
    { address: '0100007F', inode: '41' },
    { address: '00000000', inode: '42' },
  ])
})

describe('of several sockets at a port', () => {
  const everywhere = { address: '0'.repeat(8), inode: '1' }
  const everywhere6 = { address: '0'.repeat(32), inode: '2' }
  const loopback = { address: '0100007F', inode: '3' }
  const mapped = { address: '0000000000000000FFFF00000100007F', inode: '4' }
  const loopback6 = { address: '00000000000000000000000001000000', inode: '5' }
  const other = { address: '0501A8C0', inode: '6' }
  const private6 = { address: '000000FD000000000000000002000000', inode: '7' }
  const inodes = (host: string, ...sockets: (typeof other)[]): string[] =>
    socketsFor(host, sockets).map(({ inode }) => inode)

  test.each([
    ['that at the very address goes before those at every one', '127.0.0.1', [everywhere, loopback], ['3']],
    ['those at every address are reached else', '127.0.0.1', [everywhere, loopback6, other], ['1']],
    ['one of version 6 that is mapped is reached', '127.0.0.1', [mapped, everywhere6], ['4']],
    ['version 6 reaches its own', '[::1]', [loopback, loopback6, everywhere6], ['5']],
    ['another address of this machine is its own', '192.168.1.5', [other, loopback], ['6']],
    ['an address of version 6 reaches no other', '[fd00::2]', [loopback, loopback6, private6, everywhere6], ['7']],
    ['an address of version 6 reaches those at every one', '[fd00::3]', [loopback6, private6, everywhere6], ['2']],
    ['an address that is mapped to version 6 is one of version 4', '[::ffff:7f00:1]', [loopback, loopback6], ['3']],
    [
      'one at every address of version 4 takes these from that of version 6',
      '127.0.0.1',
      [everywhere, everywhere6],
      ['1'],
    ],
    ['that of version 6 takes both where it is alone', '127.0.0.1', [everywhere6], ['2']],
    ['localhost may stand for both', 'localhost', [loopback, loopback6, other], ['3', '5']],
    ['another name may stand for any', 'host.example', [loopback, other], ['3', '6']],
  ] as const)('%s', (_, host, sockets, expected) => {
    expect(inodes(host, ...sockets)).toEqual(expected)
  })
})

describe('this machine', () => {
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? [])

  test.each([
    '127.0.0.1',
    '127.8.9.10',
    '[::1]',
    'localhost',
    'app.localhost',
    '0.0.0.0',
    '[::ffff:7f00:1]',
    hostname(),
    ...own.map((one) => one.address),
  ])('is %s', (host) => {
    expect(isThisMachine(host)).toBe(true)
  })

  test.each(['192.0.2.1', '[2001:db8::1]', 'example.com', 'localhost.example.com', '1270.0.0.1'])(
    'is not %s',
    (host) => {
      expect(isThisMachine(host)).toBe(false)
    },
  )
})

describe('who listens at a port', () => {
  test.each(['127.0.0.1', 'localhost'])('is the process that does, asked by %s', async (host) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(listenersAt(host, port)).toEqual({ areThere: true, pids: [process.pid] })
    server.close()
    await once(server, 'close')
  })

  test('is nobody where nobody does', async () => {
    expect(listenersAt('127.0.0.1', await freePort())).toEqual({ areThere: false, pids: [] })
  })
})
