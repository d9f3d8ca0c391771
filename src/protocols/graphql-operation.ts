/** Comments and texts of a GraphQL document, in which braces and keywords mean nothing. */
const noise = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*/g
/** What belongs to a definition; innermost first. */
const inside = /\{[^{}]*\}|\([^()]*\)|\[[^[\]]*\]/g
const definition = /\b(?:fragment\s+\w+\s+on\s+\w+|(query|mutation|subscription)\b\s*(\w+)?)/g

/**
 * Whether a document's operation is a subscription: of several operations, the one of that name.
 * @see https://spec.graphql.org/October2021/#sec-Executing-Requests
 */
export function isSubscription(document: string, operationName?: string): boolean {
  let outline = document.replaceAll(noise, ' ')
  while (outline.search(inside) !== -1) outline = outline.replaceAll(inside, ' ')
  const operations = [...outline.matchAll(definition)].filter(([, kind]) => kind !== undefined)
  const executed = operationName === undefined ? operations[0] : operations.find(([, , name]) => name === operationName)
  return executed?.[1] === 'subscription'
}
