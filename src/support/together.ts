type Task = (signal: AbortSignal) => Promise<unknown>
type Results<T extends readonly Task[]> = { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> }

/**
 * Runs tasks beside each other until all have ended, and answers their results in the order of the tasks. The first that
 * fails aborts the signal of the others, with its error; that is thrown once they have ended too.
 */
export async function together<const T extends readonly Task[]>(
  tasks: T,
  signal: AbortSignal,
): Promise<Results<T>> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const running = tasks.map((task) => task(either))
  try {
    // `map` forgets which task a result is of.
    return (await Promise.all(running)) as Results<T>
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(running)
    throw error
  }
}
