/** How many times longer `work` takes with the large input, by the least of some tries: the machine has other things to do. */
export function growth<T>(small: T, large: T, work: (input: T) => unknown): number {
  const least = (input: T): number => {
    const times = Array.from({ length: 7 }, () => {
      const began = performance.now()
      work(input)
      return performance.now() - began
    })
    return Math.min(...times)
  }
  // Compiled by the first tries.
  least(small)
  return least(large) / Math.max(least(small), 0.1)
}
