/** An object without some of its fields. */
export function without<Fields extends object, Name extends keyof Fields>(
  fields: Fields,
  ...names: readonly Name[]
): Omit<Fields, Name> {
  const kept = Object.entries(fields).filter(([name]) => !(names as readonly string[]).includes(name))
  return Object.fromEntries(kept) as Omit<Fields, Name>
}
