/** The process died here. Not an error of ours: nothing may be concluded from it, and nothing tidied up after it. */
export class Crash extends Error {}

/** How many more steps a process lives. A step is the moment before and after each call of a port. */
export class Life {
  #left: number

  constructor(steps: number = Infinity) {
    this.#left = steps
  }

  /** From now on. */
  shorten(steps: number): void {
    this.#left = steps
  }

  step(): void {
    this.#left -= 1
    if (this.#left < 0) throw new Crash('the process has died')
  }
}

/** The same port, in a process that dies: then no call of it does anything any more. */
export function mortal<T extends object>(port: T, life: Life): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member === 'function') {
        return (...args: unknown[]): unknown => {
          life.step()
          return until(life, Reflect.apply(member, target, args))
        }
      }
      return typeof member === 'object' && member !== null ? mortal(member, life) : member
    },
  })
}

function until(life: Life, result: unknown): unknown {
  if (result instanceof Promise) return result.finally(() => life.step())
  if (isIterable(result)) return whileAlive(life, result)
  return result
}

async function* whileAlive(
  life: Life,
  items: AsyncIterable<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  for await (const item of items) {
    life.step()
    yield item
    life.step()
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
