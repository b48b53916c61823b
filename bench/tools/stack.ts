import { freePort } from '../../src/stack/ports.ts'
import { stackDown, stackStatus, stackUp } from '../../src/stack/stack.ts'

export interface BenchStack extends AsyncDisposable {
  readonly settings: { readonly KAFKA_BROKERS: string; readonly SCHEMA_REGISTRY_URL: string }
  /** Of the broker; undefined if it runs in a container or is not ours. */
  readonly brokerPid: number | undefined
}

/** A stack of its own, or with BENCH_USE_RUNNING_STACK=1 the one that the settings name. @param name of its folder */
export async function startStack(
  name: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchStack> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env
  if (process.env['BENCH_USE_RUNNING_STACK'] === '1') {
    if (KAFKA_BROKERS === undefined || SCHEMA_REGISTRY_URL === undefined) {
      throw new Error('BENCH_USE_RUNNING_STACK needs KAFKA_BROKERS and SCHEMA_REGISTRY_URL.')
    }
    return {
      settings: { KAFKA_BROKERS, SCHEMA_REGISTRY_URL },
      brokerPid: undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
  const folder = `.stack/${name}-${process.pid}`
  const { brokers, registryUrl } = await stackUp(
    { folder, kafkaPort: await freePort(), registryPort: await freePort(), progress: say },
    signal,
  )
  const { services } = await stackStatus({ folder }, signal)
  return {
    settings: { KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl },
    brokerPid: services.find(({ name: service }) => service.startsWith('kafka'))?.pid,
    [Symbol.asyncDispose]: () => stackDown({ folder, deleteData: true }, AbortSignal.timeout(60_000)),
  }
}
