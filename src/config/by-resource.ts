/** A value for all resources, and others for some of them. */
export interface ByResource<T> {
  readonly usual: T
  /** By the name of the resource. */
  readonly of: ReadonlyMap<string, T>
}

export function valueFor<T>({ usual, of }: ByResource<T>, resource: string): T {
  return of.get(resource) ?? usual
}

/** As it would be set: `100,accounts=20`. */
export function formatByResource({ usual, of }: ByResource<number>): string {
  const named = [...of].map(([name, value]) => `${name}=${value}`).toSorted()
  return [String(usual), ...named].join(',')
}
