import { expect, test } from 'vitest'
import { isSubscription } from '../../src/protocols/graphql-operation.ts'

test.for([
  ['{ hello }', false],
  ['query { hello }', false],
  ['mutation Add($by: Int!) { add(by: $by) }', false],
  ['subscription { count }', true],
  ['subscription Count($to: Int = 3, $in: Range = { from: 1 }) @live { count(to: $to) }', true],
  ['# query\nsubscription{count}', true],
  ['query subscription { hello }', false],
  ['query A($subscription: String = "subscription {") { subscription(of: $subscription) { id } }', false],
  ['query A { text(block: """ } subscription \\""" { """) }', false],
  ['fragment subscription on Query { hello } query { ...subscription }', false],
  ['fragment F on Subscription { count } subscription { ...F }', true],
  ['query A { hello } subscription B { count }', false],
  ['no document at all', false],
  ['{ hello', false],
] as const)('%s: %j', ([document, expected]) => {
  expect(isSubscription(document)).toBe(expected)
})

test('of several operations, the name tells', () => {
  const document = 'query A { hello } subscription B { count }'
  expect(isSubscription(document, 'A')).toBe(false)
  expect(isSubscription(document, 'B')).toBe(true)
  expect(isSubscription(document, 'C')).toBe(false)
})
