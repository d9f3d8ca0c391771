import { expect, test } from 'vitest-ws-load'
import { graphqlWS } from 'vitest-ws-load/protocols'

const slo = { p95: '< 100ms' }
const connectionParams = { token: process.env.TOKEN ?? 'secret' }
const variables = { of: 'tea' }

const operations = {
  'answers a query': 'query ($of: String!) { price(of: $of) }',
  'begins a subscription': 'subscription ($of: String!) { prices(of: $of) }',
}

test.for(Object.entries(operations))('%s within the SLO', async ([, query], { wsLoad }) => {
  const summary = await wsLoad({ probe: graphqlWS({ query, variables, connectionParams }), until: slo })
  expect(summary).toMeetSLO(slo)
})
