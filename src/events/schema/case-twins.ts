/**
 * Names for readers to whom case is nothing: SQL's, unless somebody quotes everything. A source has fields that differ in
 * case alone, such as `WaterfrontYN` and `WaterFrontYN`.
 *
 * The first in the order given has its name as it is, the next ones `_2`, `_3` and so on behind it; a number that is taken
 * is left out. Names are only ever added behind the others in a schema, so that what one was given it keeps.
 *
 * @param taken names that none of them may have
 * @returns one for each, in order
 */
export function withoutCaseTwins(names: readonly string[], taken: readonly string[] = []): readonly string[] {
  const used = new Set(taken.map(caseless))
  return names.map((name) => {
    let given = name
    for (let n = 2; used.has(caseless(given)); n += 1) given = `${name}_${n}`
    used.add(caseless(given))
    return given
  })
}

/** Avro's names are ASCII. */
function caseless(name: string): string {
  return name.toLowerCase()
}
