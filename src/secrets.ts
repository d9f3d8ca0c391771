/**
 * A URL, or a text that was meant to be one, with its user, its password, the values in its query and its fragment
 * masked; without them as it was given.
 */
export function withoutSecrets(address: string): string {
  const url = URL.parse(address)
  if (url === null || url.host === '') {
    return address
      .replace(/^(\w+:\/\/)?[^?#]*@/, '$1masked@')
      .replace(/(?<=\?)[^#]+/, maskQuery)
      .replace(/(?<=#).+$/s, 'masked')
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` === '') return address
  if (url.username !== '') url.username = 'masked'
  if (url.password !== '') url.password = 'masked'
  url.search = url.search.replace(/(?<=\?).+/, maskQuery)
  if (url.hash !== '') url.hash = 'masked'
  return url.href
}

/** `name=masked`; where there is no name, all of it may be a secret. */
function maskQuery(query: string): string {
  return query.replaceAll(/([^&=]+=)?[^&]+/g, '$1masked')
}
