import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repository } from '../e2e/support/consumer.ts'
import { Document, documents, type Link, page, pages, resolveLink } from './support/documents.ts'

const links = documents.flatMap((document) => document.links())
const isExternal = ({ target }: Link): boolean => /^[a-z]+:/.test(target)
const relative = links.filter((link) => !isExternal(link))

test('every relative link leads to a file, and to a heading of it', () => {
  expect(links.length).toBeGreaterThan(100)
  expect(relative.filter((link) => !leadsSomewhere(link))).toEqual([])
})

test('every other link is an https address', () => {
  const addresses = links.filter(isExternal).map(({ target }) => target)
  expect(addresses.filter((address) => URL.parse(address)?.protocol !== 'https:')).toEqual([])
})

test('every reference has its definition, and is used', () => {
  for (const { path, prose } of documents) {
    const defined = [...prose.matchAll(/^\[([^\]]+)\]: \S+$/gm)].map(([, name]) => name)
    const unused = defined.filter((name) => !prose.replace(`[${name}]: `, '').includes(`[${name}]`))
    const used = [...prose.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name)
    expect({ path, unused, missing: used.filter((name) => !defined.includes(name)) }).toEqual({
      path,
      unused: [],
      missing: [],
    })
  }
})

test('the contents and the README lead to every page', () => {
  const names = pages.map(({ path }) => path).filter((path) => !path.endsWith('README.md'))
  for (const from of ['README.md', 'docs/README.md']) {
    const reached = new Set(
      page(from)
        .links()
        .map((link) => resolveLink(link).path),
    )
    expect(names.filter((name) => !reached.has(name)).map((name) => `${from} → ${name}`)).toEqual([])
  }
})

describe('in the packed tarball', () => {
  const packed = filesOfTarball()

  test('are README and every page, with all that they link to', () => {
    expect(pages.map(({ path }) => path).filter((path) => !packed.has(path))).toEqual([])
    expect(relative.filter((link) => packed.has(link.document) && !packed.has(resolveLink(link).path))).toEqual([])
  })
})

function leadsSomewhere(link: Link): boolean {
  const { path, anchor } = resolveLink(link)
  if (!existsSync(join(repository, path))) return false
  return anchor === undefined || new Document(path).anchors().has(anchor)
}

function filesOfTarball(): ReadonlySet<string> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [tarball] = JSON.parse(execFileSync('npm', args, { cwd: repository, encoding: 'utf8' })) as [
    { files: { path: string }[] },
  ]
  return new Set(tarball.files.map(({ path }) => path))
}
