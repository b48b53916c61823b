/**
 * Runs tasks beside each other until all have ended. The first that fails aborts the signal of the others, with its error;
 * that is thrown once they have ended too.
 */
export async function together(
  tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const running = tasks.map((task) => task(either))
  try {
    await Promise.all(running)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(running)
    throw error
  }
}
