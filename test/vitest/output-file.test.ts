import { closeSync, lstatSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { removeOutput, writeOutput } from '../../src/vitest/output-file.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ws-load-output-'))
  return () => rmSync(directory, { recursive: true })
})

describe('an output', () => {
  test('is written into folders that are not there yet', () => {
    const file = join(directory, 'a/b/page.html')
    writeOutput(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
  })

  test('stays whole for whoever reads the former one', () => {
    const file = join(directory, 'page.html')
    writeFileSync(file, 'former')
    const reader = openSync(file, 'r')
    writeOutput(file, 'new')
    expect([readFileSync(reader, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['former', 'new'])
    closeSync(reader)
  })

  test('is written through a link, which is not removed', () => {
    const [file, link] = [join(directory, 'page.html'), join(directory, 'link.html')]
    writeFileSync(file, 'former')
    symlinkSync(file, link)
    writeOutput(link, 'new')
    removeOutput(link)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('new')
  })

  test('is written in place where nothing can be put beside it', () => {
    const longest = 250
    const file = join(directory, 'a'.repeat(longest))
    writeOutput(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
  })

  test('that is not there is removed already', () => {
    expect(() => removeOutput(join(directory, 'none/page.html'))).not.toThrow()
  })
})
