/** What is made of data once, for all pings of the connections that have it. */
export function prepared<Data extends object, Value>(make: (data: Data) => Value): (data: Data) => Value {
  const made = new WeakMap<Data, Value>()
  return (data) => {
    if (!made.has(data)) made.set(data, make(data))
    return made.get(data)!
  }
}
