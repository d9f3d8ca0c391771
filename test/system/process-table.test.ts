import { expect, test } from 'vitest'
import { hasInEnvironment, parseList, runningProcesses } from '../../src/system/process-table.ts'

test('lists this process with its parent', () => {
  const own = runningProcesses().find(({ pid }) => pid === process.pid)
  expect(own).toMatchObject({ parent: process.ppid })
})

test('tells what a process has in its environment', () => {
  const own = { pid: process.pid, parent: 1, group: 1, began: '' }
  expect(hasInEnvironment(own, `PATH=${process.env['PATH']}`)).toBe(true)
  expect(hasInEnvironment(own, 'no such text anywhere')).toBe(false)
})

test('reads the list of ps where there is no /proc', () => {
  const list = `
    1     0     1 Ss   /sbin/launchd
  501   500   501 S+   node server.js PORT=3001 WS_LOAD_TARGET=one two
  502   501   501 Z    (node)
`
  const [launchd, node, ...others] = parseList(list)
  expect(others).toEqual([])
  expect(launchd).toMatchObject({ pid: 1, parent: 0, group: 1 })
  expect(node).toMatchObject({ pid: 501, parent: 500, group: 501 })
  expect([launchd!, node!].map((one) => hasInEnvironment(one, 'two'))).toEqual([false, true])
})
