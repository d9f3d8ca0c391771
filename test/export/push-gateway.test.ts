import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pushMetrics } from '../../src/export/push-gateway.ts'
import { freePort } from '../support/processes.ts'
import { pushgateway, pushgatewayMissing } from '../support/pushgateway.ts'
import { loadResult } from '../support/result.ts'

const noGateway = pushgatewayMissing()

describe('the Pushgateway of Prometheus', () => {
  test('has the metrics of each run, in place of those that it had of it', async ({ skip }) => {
    skip(noGateway !== undefined, noGateway)
    await using gateway = await pushgateway()
    const name = 'gateway.test.ts › keeps its "SLO" / ü'
    await pushMetrics(gateway.url, { name, result: loadResult([1, 2, 3]) })
    await pushMetrics(`${gateway.url}/`, { name, result: loadResult([1, 2]) })
    await pushMetrics(gateway.url, { name: 'other', result: loadResult([5]) })
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    const counts = metrics.split('\n').filter((line) => line.startsWith('ws_load_latency_seconds_count'))
    expect(counts.toSorted()).toEqual([
      `ws_load_latency_seconds_count{instance="",job="ws-load",run="gateway.test.ts › keeps its \\"SLO\\" / ü"} 2`,
      'ws_load_latency_seconds_count{instance="",job="ws-load",run="other"} 1',
    ])
    expect(metrics).toContain('# TYPE ws_load_latency_seconds histogram')
    expect(metrics).toContain('# TYPE ws_load_pings_total counter')
    expect(metrics).not.toContain('untyped')
  })
})

/** A gateway that answers as it is told, and the requests that it had. */
async function answering(status: number, words = ''): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume()
    response.writeHead(status).end(words)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const run = { name: 'gateway', result: loadResult() }

test('a user and a password are basic authentication', async () => {
  const { url, requests } = await answering(202)
  await pushMetrics(`http://some%40one:hunter2@${url}/behind/a/proxy`, run)
  expect(requests[0]).toMatchObject({
    method: 'PUT',
    url: '/behind/a/proxy/metrics/job/ws-load/run@base64/Z2F0ZXdheQ==',
    headers: { authorization: `Basic ${Buffer.from('some@one:hunter2').toString('base64')}` },
  })
})

test('a gateway that refuses is told with its words, without the password', async () => {
  const { url } = await answering(400, 'pushed metrics are invalid\n')
  await expect(pushMetrics(`http://someone:hunter2@${url}`, run)).rejects.toThrow(
    new Error(`http://masked:masked@${url}/ refused: HTTP 400, pushed metrics are invalid`),
  )
})

test('of a page that a gateway answers with the beginning is told, on one line', async () => {
  const page = `<html>\n<h1>Bad Gateway</h1>\n${'<p>nginx</p>\n'.repeat(100)}`
  const { url } = await answering(502, page)
  const failure = await pushMetrics(`http://${url}`, run).catch((error: unknown) => (error as Error).message)
  const said = page.replaceAll('\n', ' ').slice(0, 119)
  expect(failure).toBe(`http://${url} refused: HTTP 502, ${said}…`)
})

test('what a gateway repeats of the credentials is masked', async () => {
  const basic = `Basic ${Buffer.from('someone:hunter2!').toString('base64')}`
  const { url } = await answering(401, `bad credentials: ${basic} someone:hunter2!`)
  const failure = await pushMetrics(`http://someone:hunter2!@${url}`, run).catch(String)
  expect(failure).toContain('refused: HTTP 401, bad credentials: ')
  expect(failure).not.toMatch(/hunter2|c29tZW9uZTpodW50ZXIyIQ/)
})

test('a gateway that sends to another place has not taken it', async () => {
  const { url, requests } = await answering(303)
  await expect(pushMetrics(`http://${url}`, run)).rejects.toThrow('refused: HTTP 303')
  expect(requests).toHaveLength(1)
})

test('a password without a user is sent, a query is kept, and a run may have an empty name', async () => {
  const { url, requests } = await answering(202)
  await pushMetrics(`http://:hunter2@${url}?tenant=a`, { ...run, name: '' })
  expect(requests[0]).toMatchObject({
    url: '/metrics/job/ws-load/run@base64/=?tenant=a',
    headers: { authorization: `Basic ${Buffer.from(':hunter2').toString('base64')}` },
  })
})

test('a gateway that is not there is told', async () => {
  const port = await freePort()
  await expect(pushMetrics(`http://127.0.0.1:${port}`, run)).rejects.toThrow(
    `http://127.0.0.1:${port} does not answer: connect ECONNREFUSED`,
  )
})
