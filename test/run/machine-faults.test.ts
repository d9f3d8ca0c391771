import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { findProgram } from '../support/child.ts'
import { flood } from '../support/flood.ts'
import { floodWithin } from '../support/limited.ts'
import { echoing } from '../support/servers.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'

const isLinux = process.platform === 'linux'
/** Root has no limit of threads. Who it becomes may read this project, wherever it lies. */
const asNobody =
  'setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +dac_read_search --ambient-caps +dac_read_search'
const canBeNobody =
  findProgram('setpriv') !== undefined &&
  spawnSync('bash', ['-c', `${asNobody} cat "${import.meta.filename}"`]).status === 0

describe.runIf(isLinux)('file descriptors', () => {
  test('that threads need are counted before a run', async () => {
    await using server = await echoing()
    const load = { url: server.url, connections: 30 }
    const refused = await floodWithin('ulimit -n 120', { ...load, threads: 30 })
    expect(refused).toMatchObject({
      code: 'WSLOAD_ERR_MACHINE_LIMIT',
      message: expect.stringMatching(
        /and 30 load threads 180, and 32 are for what else a run does; this process has \d+ left: raise the limit \(ulimit -n 1210 /,
      ) as string,
    })
    expect(server.accepted).toBe(0)
    expect((await floodWithin('ulimit -n 120', { ...load, threads: 1 })).connections).toMatchObject({ opened: 30 })
  })

  test('that run out while connections are opened are no miss of the server', async () => {
    await using server = await echoing()
    const run = await floodWithin('ulimit -n 300', { url: server.url, connections: 60, threads: 1 }, 40)
    expect(run.connections!.opened).toBeGreaterThan(0)
    expect(run.connections!.opened).toBeLessThan(60)
    expect(run.errors).toEqual({ EMFILE: { count: 60 - run.connections!.opened, samples: [expect.any(String)] } })
    expect(run.verdict).toBe('inconclusive')
    expect(run.reasons!.join()).toMatch(
      /of 60 connections opened; \d+ that failed are not the server's doing: EMFILE × \d+, .*raise its limit \(ulimit -n/,
    )
    expect(run.text!.replaceAll(/\s+/g, ' ')).toMatch(
      /not the server's doing: EMFILE × \d+, this process had no file descriptor left/,
    )
  })

  test('that a decision does not wait for', async () => {
    await using server = await echoing()
    const undecided = { until: { p50: '< 1h' }, maxDuration: '1m' } as const
    const run = await floodWithin('ulimit -n 300', { url: server.url, connections: 60, threads: 1, ...undecided }, 40)
    expect(run).toMatchObject({ ended: 'decided', verdict: 'inconclusive' })
  })

  test('that are not left for a thread are an error that says so', async () => {
    await using server = await echoing()
    const refused = await floodWithin('ulimit -n 300', { url: server.url, connections: 4, threads: 4 }, 0)
    expect(refused).toMatchObject({
      code: 'WSLOAD_ERR_MACHINE_LIMIT',
      message: expect.stringContaining(
        'a load thread could not be started (EMFILE): this process has no file',
      ) as string,
    })
    expect(refused.message).toContain('ulimit -n')
  })
})

test.runIf(isLinux)('a server process that the system does not start is an error that says so', async () => {
  const refused = await floodWithin('ulimit -n 200', {}, 3)
  expect(refused).toMatchObject({
    code: 'WSLOAD_ERR_MACHINE_LIMIT',
    message: expect.stringMatching(/a server process could not be started, .*ulimit -n/) as string,
  })
})

test.runIf(isLinux && canBeNobody)('threads that the system does not start are an error that says so', async () => {
  await using server = await echoing()
  const limit = `ulimit -u 20; set -- ${asNobody} "$@"`
  const refused = await floodWithin(limit, { url: server.url, connections: 40, threads: 40 })
  expect(refused).toMatchObject({
    code: 'WSLOAD_ERR_MACHINE_LIMIT',
    message: expect.stringMatching(/could not be started \(EAGAIN\): .*ulimit -u/) as string,
  })
})

describe('a local address that this machine does not have', () => {
  const foreign = '192.0.2.1'

  test('is no miss of the server', async () => {
    await using server = await echoing()
    const result = await flood(server, { connections: 10, localAddresses: ['127.0.0.1', foreign] })
    expect(result.connections).toMatchObject({ opened: 5, failed: 5, closedEarly: 0 })
    expect(result.errors).toMatchObject({ EADDRNOTAVAIL: { count: 5 } })
    for (const slo of [
      { p50: '< 1h' },
      { connectErrorRate: '<= 0' },
      { opened: '>= 10' },
      { 'handshake.max': '< 1h' },
    ]) {
      const { verdict, reasons } = evaluateSLO(result, slo)
      expect(verdict).toBe('inconclusive')
      expect(reasons.join()).toMatch(/not the server's doing: EADDRNOTAVAIL × 5, .*localAddresses.*ip_local_port_range/)
    }
  })

  test('leaves what the server fails itself to it', async () => {
    await using server = await echoing({ verify: ({ headers }) => headers['x-nobody'] === undefined })
    const load = { connections: 10, localAddresses: ['127.0.0.1', foreign], headers: { 'X-Nobody': '1' } }
    const { connections, errors } = await flood(server, load)
    expect(connections).toMatchObject({ opened: 0, failed: 10 })
    expect(errors).toMatchObject({ EADDRNOTAVAIL: { count: 5 }, HTTP_401: { count: 5 } })
  })
})
