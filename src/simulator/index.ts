/** What the package exports as `listingstream/simulator`: a Spark API for the tests of others (docs/simulator.md). */
export { startSimulator } from './server/start-simulator.ts'
export type { ServerOptions, SimulatorServer } from './server/start-simulator.ts'
export type { Simulator, SimulatorOptions, Truth } from './simulator.ts'
