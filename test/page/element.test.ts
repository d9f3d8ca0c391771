import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { h } from '../../src/page/element.ts'

test('elements nest', () => {
  const { source } = h('p', { class: 'one' }, 'a', h('b', null, 1), null, [h('i', null), 'z'])
  expect(source).toBe('<p class="one">a<b>1</b><i></i>z</p>')
})

test('an element that has no content has no end', () => {
  expect(h('meta', { charset: 'utf-8' }).source).toBe('<meta charset="utf-8">')
})

test('texts and attributes are never markup, whatever they say', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { source } = h('p', { title: text }, text)
      const [, title = '', content = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(source) ?? []
      expect(source).toBe(`<p title="${title}">${content}</p>`)
      expect(title).toBe(content)
      expect(content).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/)
      expect(content.replaceAll(/[\t\n\r]/g, '')).not.toMatch(/\p{Cc}/u)
    }),
  )
})
