/** What is refused before anything begins. */
import { expect, test } from 'vitest'
import { wsLoadHere } from '../support/ws-load-here.ts'

test.each([
  [['compar'], 'error: unknown command \'compar\', did you mean "compare"?\n'],
  [['ws://a', '-g', 'ws://b'], 'error: expected one URL, got ws://a and ws://b\n'],
  [['--conections', '3'], "error: unknown option '--conections'\n(Did you mean --connections?)\n"],
  [
    ['http://a', '-c', '0', '--in-flight', '2', '-r', '5k/s', '--slo', 'p99 < x'],
    /^error: url: expected a ws:.*\n {7}--connections: .*\n {7}--in-flight, --rate: .*\n {7}--slo: p99: /,
  ],
  [['--ca', '/nowhere'], /^error: --ca: expected PEM .* got "\/nowhere": there is no such file/],
  [['--stage', '10s'], /expected 'duration:rate' like 10s:5k\/s\n$/],
  [['-H', 'Bearer hunter2'], "error: --header: expected 'Name: value', got a text of 14 characters\n"],
  [['--text', 'x', '--binary', 'y'], /^error: option '--text <text>' cannot be used with option '--binary <file>'\n$/],
  [['--binary', '/nowhere'], /^error: ENOENT/],
  [['--answer', 'PONG'], 'error: --answer: expected --text or --binary with it, got neither\n'],
  [['--data', '{"token":hunter2}'], 'error: --data: expected JSON, got a text of 17 characters\n'],
  [['--data', '1'], /^error: --data: expected a module or a protocol with it.*, got neither\n$/],
  [
    ['--json-rpc', 'echo', '--data', '["hunter2"]'],
    "error: --data: expected an object of the protocol's options, got a list\n",
  ],
  [
    ['--socket-io', 'a', '--json-rpc', 'b'],
    /^error: option '--socket-io <event>' cannot be used with option '--json-rpc <method>'\n$/,
  ],
  [
    ['--protocol-module', 'a', '--text', 'x'],
    /^error: option '--text <text>' cannot be used with option '--protocol-module/,
  ],
  [
    ['--session-timeout', '0', '--session-rate', 'x'],
    /^error: --session-timeout: expected .*\n {7}--session-rate: expected /,
  ],
  [
    ['--session-timeout', '5s'],
    'error: --session-timeout: expected the probe { protocol } with it, got ping; only protocols have sessions\n',
  ],
  [['--echo'], 'error: --echo: expected --text or --binary with it, got neither\n'],
  [
    ['--text', 'x', '--echo', '--answer', 'PONG'],
    /^error: option '--answer <text>' cannot be used with option '--echo'\n$/,
  ],
  [
    ['--text', 'x', '--answer', '/(/'],
    /^error: option '--answer <text>' argument '\/\(\/' is invalid\. Invalid regular/,
  ],
  [
    ['compare', 'a.json', 'b.json', '--confidence', '3'],
    /^error: --confidence: expected a number above 0\.5 and below 1, got 3\n$/,
  ],
  [['--text', ' ', '-c', '0'], /^error: --connections: expected a whole number from 1 to [\d,]+, got 0\n$/],
  [['-v', 'loud'], /Allowed choices are error, warn, info, debug\.\n$/],
  [
    ['--json', '/nowhere/out.json', '--html', '/'],
    /^error: --json: expected a file that can be written, got \/nowhere\/out\.json: ENOENT.*\n {7}--html: .* it is a directory\n$/,
  ],
  [['--json', 'out', '--html', './out'], 'error: --html: expected another file than --json, got ./out\n'],
  [
    ['--push-gateway', 'gateway', '--otlp', 'ws://someone:hunter2@a'],
    /^error: --push-gateway: expected an http.*got "gateway"\n {7}--otlp: expected an http:\/\/ or https:\/\/ URL, got "ws:\/\/masked:masked@a\/"\n$/,
  ],
  [
    ['report', 'a', 'b', '--slo', 'p99 < 1s', '--hgrm', 'c'],
    /^error: --slo: expected one run .*\n {7}--hgrm: expected/,
  ],
  [
    ['compare', 'a', 'b', '-c', '3', '-r', '5', '--text', 'PING', '-H', 'Cookie: hunter2', '--max-duration', '5s'],
    `error: ${['max-duration', 'connections', 'rate', 'text', 'header'].map((flag) => `--${flag}: expected two URLs with it, got two files\n`).join('       ')}`,
  ],
  [
    ['compare', 'ws://a', 'ws://b', '--echo', '--data', '1', '--in-flight', '0'],
    /^error: --in-flight: .*\n {7}--echo: expected --text or --binary with it.*\n {7}--data: expected a module or/,
  ],
  [['compare', 'ws://a', 'ws://b', '--html', '/nowhere/x'], /^error: --html: expected a file that can be written/],
  [['compare', 'a'], "error: missing required argument 'head'\n"],
  [
    ['compare', 'ws://a', 'ws://b', '--base-cwd', 'x', '--head-command', ''],
    'error: --base-cwd: expected a command with it, or the url alone\n       --head-command: expected a command that starts the server, got ""\n',
  ],
  [
    ['compare', 'ws://a', 'ws://b', '--cpu-affinity', '1'],
    'error: --cpu-affinity: expected --base-command or --head-command with it\n',
  ],
  [
    ['compare', 'ws://a', 'ws://b', '--base-command', 'x', '--head-command', 'x', '--cpu-affinity', '0,x'],
    "error: option '--cpu-affinity <list>' argument '0,x' is invalid. expected whole numbers like 0,1\n",
  ],
  [
    ['compare', 'ws://a', 'ws://a', '--head-command', 'x'],
    'error: head.url: expected another URL than that of the base, both are served at once\n',
  ],
  [
    ['compare', 'ws://a', 'ws://b', '--no-server', '-t', 'cpuPerPing=5%'],
    /^error: --no-server: expected 'auto' with a tolerance on cpuPerPing/,
  ],
  [
    ['compare', 'ws://a', 'ws://b', '--head-command', 'x', '--restarts', '40'],
    'error: --restarts: expected a command of base and head with it, got a base without, which nobody can start anew\n' +
      '       --max-duration: expected 41 s to 20 min with 40 restarts, a second at least for each of 41 pairs, got 30 s\n',
  ],
  [['compare', 'a', 'b', '--base-command', 'x'], 'error: --base-command: expected two URLs with it, got two files\n'],
  [['compare', 'a', 'b', '--markdwn'], "error: unknown option '--markdwn'\n(Did you mean --markdown?)\n"],
  [
    ['--reconnect', '0', '--reconnect-backoff', 'x'],
    /^error: --reconnect: expected a whole number.*\n {7}--reconnect-backoff: expected/,
  ],
  [['compare', 'ws://a', 'ws://b', '-c', '0', '--rate', 'fast'], /^error: --connections: .*\n {7}--rate: /],
  [['doctor', '-c', '0', '--echo'], /^error: --connections: expected .*\n {7}--echo: expected --text or --binary/],
  [['doctor', '-s', '1'], /argument '1' is invalid. expected a whole number from 2 to 3600\n$/],
])('ws-load refuses %j', async (args, message) => {
  const { exitCode, stdout, stderr } = await wsLoadHere(...args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(message)
})

test.each([
  [['http://someone:hunter2@a/?token=hunter2']],
  [['someone:hunter2@a/?hunter2']],
  [['ws://hunter2@a', '-u', 'ws://hunter2@b']],
  [['ws://hunter2@a', 'ws://someone:hunter2@b']],
  [['compare', 'ws://hunter2@a:99999', 'ws://b']],
  [['report', 'ws://hunter2@a/?hunter2']],
  [['-H', 'Authorization: hunter2\n', 'ws://a']],
  [['ws://a/?token=hunt"er hunter2', 'ws://b']],
  [["ws://a/?token=it's hunter2", '-u', 'ws://b']],
  [['--heder=Authorization: hunter2', 'ws://a']],
  [['--heder=hunter2']],
  [['-H', 'Authorization:', 'Bearer hunter2']],
  [['-H', 'Authorization:', 'Bearer hunter2', 'ws://a']],
  [['compare', 'wss:/someone:hunter2@a/?hunter2', 'b.json']],
  [['report', 'wss:/someone:hunter2@a/?token=hunter2 x']],
  [['-u', 'wss:/someone:hunter2@a:99999']],
  [['-u', 'ws://a', 'Authorization: hunter2']],
  [['Authorization: hunter2']],
])('ws-load keeps the secrets of %j to itself', async (args) => {
  const { exitCode, stdout, stderr } = await wsLoadHere(...args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^error: /)
  expect(stderr).not.toContain('hunter2')
})

test('ws-load compare tells mistakes of fan-outs by the names of flags', async () => {
  const flags = ['--rooms', '0', '--connections', '3', '-t', 'p50=5%', '--mqtt-topic', '{}']
  const { exitCode, stderr } = await wsLoadHere('compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2', ...flags)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--rooms: expected a whole number')
  expect(stderr).toContain('--connections: expected subscribers and publishers instead')
  expect(stderr).toContain('--tolerance: p50: expected delivery.p50')
  expect(stderr).toContain('--mqtt-topic: topic: missing')
})

test.for([
  [['-s', '10', '--text', 'PING'], '--subscribers'],
  [['--mqtt-topic', '{"topic":"a"}', '--echo'], '--mqtt-topic'],
] as const)('ws-load compare takes no flags of pings with %o', async ([flags, flag]) => {
  const { exitCode, stderr } = await wsLoadHere('compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2', ...flags)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(flag)
})

test.for([
  ['--socket-io-room', '{"publish":{}}', 'publish.event: missing'],
  ['--mqtt-topic', '{"topic":"all"}', 'topic: expected %r in it, which tells rooms apart'],
  ['--mqtt-topic', '{"topic":"rooms/#"}', 'publish: expected a topic, because wildcards cannot be published to'],
  ['--stomp-topic', '{"destination":7}', "destination: expected a destination like '/topic/prices', got 7"],
  ['--graphql-ws-subscription', '7', 'expected an object, got 7'],
] as const)('ws-load fan-out tells mistakes in %s with all others', async ([flag, json, mistake]) => {
  const { exitCode, stderr } = await wsLoadHere('fan-out', 'ws://127.0.0.1:9', '--rooms', '2', '-s', '0', flag, json)
  expect(stderr).toContain(`${flag}: ${mistake}`)
  expect(stderr).toContain('--subscribers: expected a whole number')
  expect(exitCode).toBe(2)
})

test('ws-load fan-out tells all mistakes by the names of flags', async () => {
  const { exitCode, stderr } = await wsLoadHere(
    'fan-out',
    'ws://127.0.0.1:9',
    '-s',
    '0',
    '--slo',
    'p99 < 20ms',
    '--warmup',
    'x',
  )
  expect(stderr).toContain('--subscribers: expected a whole number')
  expect(stderr).toContain(
    '--protocol-module, --socket-io-room, --mqtt-topic, --stomp-topic, --graphql-ws-subscription: expected one of them, got nothing',
  )
  expect(stderr).toContain('--warmup: expected milliseconds')
  expect(stderr).toContain('--slo: p99: expected delivery.p99, first.p99 or completion.p99 of a fan-out')
  expect(exitCode).toBe(2)
})

test('ws-load capacity tells mistakes of two servers by the names of flags', async () => {
  const flags = ['--slo', 'p50 < 1s', '--sustain', '5/s', '--tolerance', '200%', '--server-pid', '1']
  const { exitCode, stderr } = await wsLoadHere('capacity', 'ws://127.0.0.1:1', 'http://127.0.0.1:2', ...flags)
  for (const flag of ['url', '--sustain', '--tolerance', '--server-pid']) expect(stderr).toContain(`${flag}: `)
  expect(exitCode).toBe(2)
})

test.each(['500/s', '10/s'])('ws-load capacity cannot tell of %s outside of its range', async (load) => {
  const range = ['--slo', 'p50 < 1s', '--from', '50/s', '--to', '300/s', '--sustain', load]
  const { exitCode, stderr } = await wsLoadHere('capacity', 'ws://127.0.0.1:1', ...range)
  expect(stderr).toContain(`--sustain: expected a load of the range, from 50/s (--from) to 300/s (--to), got "${load}"`)
  expect(exitCode).toBe(2)
})

test('ws-load capacity tells all mistakes by the names of flags', async () => {
  const flags = ['--slo', 'p50 <', '--from', '9/s', '--to', '5/s', '--rate-per-connection', '1/s', '--sustain', 'much']
  const { exitCode, stderr } = await wsLoadHere('capacity', 'http://127.0.0.1:1', ...flags, '--json', '/no/folder/x')
  for (const flag of ['url', '--slo', '--from, --to', '--rate-per-connection', '--sustain', '--json']) {
    expect(stderr).toContain(`${flag}: `)
  }
  expect(exitCode).toBe(2)
})

test.for([
  [['--slo', 'p99 < 1ms', 'report', 'run.json'], '--slo: expected behind report'],
  [['-c', '1000', 'compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2'], '--connections: expected behind compare'],
  [['-c', '10', 'report', 'run.json'], '--connections: report has no such flag'],
  [['--json', 'out.json', 'capacity', '--slo', 'p99 < 1s'], '--json: expected behind capacity'],
] as const)('ws-load %o says where its flags belong', async ([args, mistake]) => {
  const { exitCode, stdout, stderr } = await wsLoadHere(...args)
  expect(stderr).toContain(`error: ${mistake}`)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('ws-load says that it is --decide which excludes a duration', async () => {
  const { exitCode, stderr } = await wsLoadHere('--decide', '-d', '5s', '--slo', 'p99 < 1s')
  expect(stderr).toContain('error: --decide, --duration: expected one of the two, got both')
  expect(stderr).toContain('at the latest after --max-duration')
  expect(exitCode).toBe(2)
})

test('ws-load says that a name is of outputs that are not asked for', async () => {
  const { exitCode, stderr } = await wsLoadHere('--name', 'gateway', '--json', '-')
  expect(stderr).toBe(
    'error: --name: expected --bmf, --github-benchmark, --openmetrics, --push-gateway or --otlp with it\n',
  )
  expect(exitCode).toBe(2)
})

test('ws-load doctor has no agents', async () => {
  const { exitCode, stderr } = await wsLoadHere('doctor', '--agents', '2')
  expect(stderr).toContain("unknown option '--agents'")
  expect(exitCode).toBe(2)
})
