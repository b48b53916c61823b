/** The faults of the bench: each breaks things while the market changes, and leaves the rest to the settling. */
import { breakApi } from './break-api.ts'
import { askOneByOne } from './break-asking.ts'
import { killBroker, rollBrokers } from './break-brokers.ts'
import { jumpClock } from './break-clock.ts'
import { refuseInDoubt } from './break-commit.ts'
import { fillDisk } from './break-disk.ts'
import { holdDeletes } from './break-holds.ts'
import { holdMasks } from './break-masks.ts'
import { changeSilently } from './break-silence.ts'
import { deleteIndex, flipIndex, putBackIndex, truncateIndex } from './break-index.ts'
import { breakSets, hideExpansion, refuseSets } from './break-media.ts'
import { cutNetwork, delayNetwork, loseReplies, takeRegistryDown } from './break-network.ts'
import { playTricks, poisonRecords } from './break-pages.ts'
import { fenceByRival, killAtPoint, killAtRandom, leaveAlone, stopBeyondTimeout } from './break-process.ts'
import { forbidVersions } from './break-registry.ts'
import { changeTwiceAroundKill } from './break-second.ts'
import { maskStamps, setStampsBack } from './break-stamps.ts'
import { addTopicPartitions, changeTopicPolicy, recreateTopic } from './break-topic.ts'
import { deleteRows, turnRowsOnAndOff } from './break-rows.ts'
import type { Arena, FixedWeather } from './arena.ts'
import type { Finding } from './findings.ts'

export interface Scenario {
  /** Brokers of the cluster that it needs. */
  readonly brokers: 1 | 3
  /** How often it comes, against the others. */
  readonly share: number
  /** The least that it has something to say of. */
  readonly listings: number
  readonly weather: FixedWeather
  /** Answers what it saw go wrong by itself. */
  readonly torture: (arena: Arena) => Promise<readonly Finding[]>
}

function scenario(
  share: number,
  torture: (arena: Arena) => Promise<readonly Finding[] | void>,
  {
    brokers = 1,
    listings = 1,
    weather = {},
  }: Partial<Pick<Scenario, 'brokers' | 'listings' | 'weather'>> = {},
): Scenario {
  return { brokers, share, listings, weather, torture: async (arena) => (await torture(arena)) ?? [] }
}

/** What is out of one update's window is soon out of all. */
const NO_OVERLAP = { overlapMs: 0 } as const

/** What goes at once has to be seen at once: sweep by sweep it would be few. */
const AT_ONCE = { cacheLagMs: 0 } as const
/** The guard judges passes that read 1,000 records again at least, and some listings go by the way. */
const MASKED_MARKET = 1_150

export const SCENARIOS = {
  none: scenario(1, leaveAlone),
  'kill -9 at a random time': scenario(10, killAtRandom),
  'kill -9 before send': scenario(6, (arena) => killAtPoint(arena, 'before-send')),
  'kill -9 between send and commit': scenario(8, (arena) => killAtPoint(arena, 'between-send-and-commit')),
  'kill -9 between commit and index': scenario(7, (arena) => killAtPoint(arena, 'between-commit-and-index')),
  'kill -9 between listings and their sets': scenario(6, (arena) =>
    killAtPoint(arena, 'between-listings-and-sets'),
  ),
  'kill -9 in an index write': scenario(7, (arena) => killAtPoint(arena, 'in-index-write')),
  'kill -9 in recovery': scenario(7, (arena) => killAtPoint(arena, 'in-recovery')),
  'SIGSTOP beyond the transaction timeout': scenario(5, stopBeyondTimeout),
  'second instance': scenario(5, fenceByRival),
  'broker killed and restarted': scenario(3, killBroker),
  'three brokers, rolling restart and kill -9': scenario(2, rollBrokers, { brokers: 3 }),
  'topic deleted and made again': scenario(3, recreateTopic),
  'old copy of the index': scenario(5, putBackIndex),
  'index deleted': scenario(4, deleteIndex),
  'index truncated': scenario(4, truncateIndex),
  'index byte flipped': scenario(4, flipIndex),
  'registry down': scenario(3, takeRegistryDown),
  'network cut': scenario(4, cutNetwork),
  'network delayed': scenario(2, delayNetwork),
  'broker replies lost': scenario(4, loseReplies),
  'API failures': scenario(4, breakApi),
  'stamps set back': scenario(3, setStampsBack),
  'stamps masked': scenario(3, maskStamps),
  'clock jumps on one answer': scenario(3, jumpClock),
  'commit in doubt, then a refusal': scenario(4, refuseInDoubt),
  'two changes in a second around a kill': scenario(2, changeTwiceAroundKill, { weather: NO_OVERLAP }),
  'keys asked one by one': scenario(2, askOneByOne, { weather: NO_OVERLAP }),
  'registry forbids new versions': scenario(2, forbidVersions),
  'partitions added to the topic': scenario(2, addTopicPartitions),
  'cleanup policy changed': scenario(2, changeTopicPolicy),
  'hostile records': scenario(5, poisonRecords),
  'hostile answers': scenario(6, playTricks),
  'sets refused': scenario(4, refuseSets),
  'sets that cannot be read': scenario(5, breakSets),
  'lists without sets': scenario(3, hideExpansion),
  'rows turned on and off': scenario(4, turnRowsOnAndOff),
  'topic of rows deleted': scenario(3, deleteRows, { weather: { rows: true } }),
  'deletes held': scenario(5, holdDeletes, { weather: AT_ONCE }),
  'masking held': scenario(3, holdMasks, { listings: MASKED_MARKET }),
  'changes without a stamp': scenario(4, changeSilently),
  'disk full': scenario(2, fillDisk),
} as const satisfies Readonly<Record<string, Scenario>>
export type ScenarioName = keyof typeof SCENARIOS
const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[]

export function scenarioName(text: string): ScenarioName {
  const name = SCENARIO_NAMES.find((known) => known === text)
  if (name === undefined)
    throw new Error(`There is no fault "${text}". There are: ${SCENARIO_NAMES.join('; ')}`)
  return name
}

/** By the shares: as many seeds in a row as there are shares have every fault, spread evenly. */
export function faultOfSeed(seed: number): ScenarioName {
  const slots = SCENARIO_NAMES.flatMap((name) =>
    Array.from({ length: SCENARIOS[name].share }, (_, i) => ({
      name,
      at: (i + 0.5) / SCENARIOS[name].share,
    })),
  ).sort((a, b) => a.at - b.at)
  return slots[seed % slots.length]?.name ?? 'kill -9 at a random time'
}
