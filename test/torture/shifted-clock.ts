/**
 * Preloaded into the program: its host's clock is ahead by `TORTURE_CLOCK_MS` milliseconds, as the source's is, when the
 * bench lets time go by.
 */
const shift = Number(process.env['TORTURE_CLOCK_MS'] ?? 0)

globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + shift] : args, newTarget) as object,
  get: (target, name, receiver) =>
    name === 'now' ? () => target.now() + shift : (Reflect.get(target, name, receiver) as unknown),
})
