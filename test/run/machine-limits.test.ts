import { describe, expect, test } from 'vitest'
import { checkMachineLimits, readMachineLimits } from '../../src/run/machine-limits.ts'

const url = 'ws://127.0.0.1:3001'
const plenty = { freeFiles: Infinity, ports: Infinity }

describe('checkMachineLimits', () => {
  const opened = [1, 2].map(() => ({ url, connections: 25_000, localAddresses: [] as string[] }))

  test('lets a run pass that the machine allows', () => {
    expect(() =>
      checkMachineLimits({ opened: [{ url, connections: 100, localAddresses: [] }], threads: 1 }),
    ).not.toThrow()
  })

  test('names the file descriptors that are missing and the setting to change', () => {
    expect(() => checkMachineLimits({ opened, threads: 2 }, { ...plenty, freeFiles: 19_980 }))
      .toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: wsLoad: this machine does not allow the run
        50,000 connections need as many file descriptors, and 2 load threads 12, and 32 are for what else a run does; this process has 19,980 left: raise the limit (ulimit -n 51012 before the run, LimitNOFILE= of a service, --ulimit nofile= of a container)]
    `)
  })

  test('names the source addresses that are missing', () => {
    expect(() => checkMachineLimits({ opened, threads: 2 }, { ...plenty, ports: 28_232 }))
      .toThrowErrorMatchingInlineSnapshot(`
        [WsLoadError: wsLoad: this machine does not allow the run
          50,000 connections to one server need 2 source addresses with 28,232 ephemeral ports each, there is 1: give more localAddresses (on loopback 127.0.0.2, 127.0.0.3, …; an agent's own are its --local-address) or widen net.ipv4.ip_local_port_range]
      `)
  })

  test('counts the ports of every source address', () => {
    const localAddresses = ['127.0.0.2', '127.0.0.3']
    expect(() =>
      checkMachineLimits(
        { opened: opened.map((one) => ({ ...one, localAddresses })), threads: 2 },
        { ...plenty, ports: 28_232 },
      ),
    ).not.toThrow()
  })

  test('lets connections to several servers have the same ports, unless they are bound to addresses', () => {
    const toTwo = opened.map((one, nth) => ({ ...one, url: `ws://127.0.0.1:${3_001 + nth}` }))
    const limits = { ...plenty, ports: 28_232 }
    expect(() => checkMachineLimits({ opened: toTwo, threads: 2 }, limits)).not.toThrow()
    const bound = toTwo.map((one) => ({ ...one, localAddresses: ['127.0.0.2'] }))
    expect(() => checkMachineLimits({ opened: bound, threads: 2 }, limits)).toThrow(/ephemeral ports each, there is 1/)
  })

  test('says all limits at once', () => {
    const check = () => checkMachineLimits({ opened, threads: 2 }, { freeFiles: 1_000, ports: 28_232 })
    expect(check).toThrow(/file descriptors[^]*ephemeral ports/)
  })
})

test.runIf(process.platform === 'linux')('reads the limits of this process', () => {
  const { freeFiles, ports } = readMachineLimits()
  expect(freeFiles).toBeGreaterThan(0)
  expect(freeFiles).toBeLessThan(Infinity)
  expect(ports).toBeGreaterThan(1_000)
  expect(ports).toBeLessThan(65_536)
})
