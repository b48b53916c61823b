type AsyncMethod = (...args: never[]) => Promise<unknown>

/** Puts `around` in the place of a method; `inner` is the method, bound to object and arguments unless others are given. */
export function wrapMethod<Name extends string, Type extends Record<Name, AsyncMethod>>(
  prototype: Type,
  name: Name,
  around: (
    inner: (...changed: Parameters<Type[Name]> | []) => ReturnType<Type[Name]>,
    args: Parameters<Type[Name]>,
  ) => Promise<Awaited<ReturnType<Type[Name]>>>,
): void {
  const original: AsyncMethod = prototype[name]
  Object.defineProperty(prototype, name, {
    value: function tortured(this: Type, ...args: Parameters<Type[Name]>) {
      const inner = (...changed: Parameters<Type[Name]> | []): ReturnType<Type[Name]> =>
        original.apply(this, changed.length > 0 ? changed : args) as ReturnType<Type[Name]>
      return around(inner, args)
    },
  })
}
