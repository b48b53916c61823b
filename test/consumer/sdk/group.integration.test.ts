import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, describe, expect, test } from 'vitest'

import { consumeListings } from '../../../src/index.ts'
import { withAdmin } from '../../fixtures/kafka-admin.ts'
import { NEVER } from '../../events/sample.ts'
import { tempFolder } from '../../fixtures/temp-folder.ts'
import { checkGroup, RIGHT, type GroupVerdict } from './check-group.ts'
import { GroupStore, type AppliedRow, type JournalEntry } from './group-store.ts'
import { ListingTopic, type Written } from './listing-topic.ts'
import type { MemberArguments } from './member-process.ts'

const KEYS = Array.from({ length: 40 }, (_, at) => `listing-${at}`)
const ROUNDS = 20
const TIMING = {
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  heartbeatIntervalMs: 500,
  commitIntervalMs: 500,
  backoff: { baseMs: 20, capMs: 200 },
  attempts: 100,
}
const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

class Member {
  readonly name: string
  readonly #child: ChildProcess
  readonly #ended: Promise<readonly unknown[]>
  #output = ''

  constructor(args: MemberArguments) {
    this.name = args.member
    const script = join(import.meta.dirname, 'member-process.ts')
    this.#child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(args)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(this.#child)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text: Buffer) => (this.#output += String(text)))
    }
    this.#ended = once(this.#child, 'exit')
  }

  /** Resolves when it does nothing any more. */
  async halt(): Promise<void> {
    this.#child.kill('SIGSTOP')
    // proc_pid_stat(5): the state is behind the name, which is in parentheses.
    const isHalted = async () => (await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')).includes(') T ')
    await expect.poll(isHalted, { interval: 1 }).toBe(true)
  }

  goOn(): void {
    this.#child.kill('SIGCONT')
  }

  async end(how: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    this.#child.kill(how)
    await this.#ended
    children.delete(this.#child)
    return this.#output
  }
}

/** Some updates, now and then a delete; in between what no reader may see. */
async function writeRound(topic: ListingTopic, round: number): Promise<void> {
  const changes = KEYS.map((key, at): Written => {
    const isGone = (at + round) % 9 === 0
    return [key, isGone ? null : { City: `city ${round}-${at}` }]
  })
  await topic.write(changes.slice(0, 20))
  await topic.write(
    changes.slice(5, 10).map(([key]) => [key, { City: 'aborted' }]),
    'abort',
  )
  await topic.write(changes.slice(20))
}

/** What a reader without a group gets; that it is right is shown elsewhere. */
async function changesOf(topic: ListingTopic): Promise<readonly AppliedRow[]> {
  const rows: AppliedRow[] = []
  for await (const change of consumeListings(topic.options)) {
    if (change.type === 'caught-up') break
    const { partition, offset, key } = change
    const city = change.type === 'deleted' ? null : String(change.event.listing?.standardFields?.['City'])
    rows.push({ partition, offset, key, city })
  }
  return rows
}

/** Three members; two of them die in the midst of it, one is told to end, and others take their places. */
class Group {
  readonly store: GroupStore
  readonly #topic: ListingTopic
  readonly #args: Omit<MemberArguments, 'member'>
  readonly #members: Member[] = []
  #started = 0

  constructor(topic: ListingTopic, args: Omit<MemberArguments, 'member'>) {
    this.#topic = topic
    this.store = new GroupStore(args.file)
    this.#args = args
  }

  start(): void {
    this.#started += 1
    this.#members.push(new Member({ ...this.#args, member: `m${this.#started}` }))
  }

  /** One whose handler has a change: that one has to come again. */
  async killAtWork(): Promise<void> {
    for (;;) {
      const atWork = (): Member | undefined => this.#members.find((member) => this.#isAtWork(member))
      await expect.poll(atWork, { timeout: 60_000, interval: 1 }).toBeDefined()
      const member = atWork()
      if (member === undefined) continue
      await member.halt()
      if (this.#isAtWork(member)) {
        await this.kill(member)
        return
      }
      member.goOn()
    }
  }

  #isAtWork({ name }: Member): boolean {
    const own = this.store.journal().filter(({ member }) => member === name)
    return own.filter(({ what }) => what === 'begun').length > own.length / 2
  }

  async kill(member = this.#members[0]!): Promise<void> {
    this.#members.splice(this.#members.indexOf(member), 1)
    await member.end('SIGKILL')
    this.store.note({ member: member.name, what: 'gone', key: '', partition: 0, offset: 0 })
  }

  /** Ends by itself, with nothing left that would keep the process. */
  async stop(): Promise<void> {
    const [member] = this.#members.splice(0, 1)
    expect(await member!.end('SIGTERM')).toBe('closed\n')
  }

  async stopAll(): Promise<void> {
    while (this.#members.length > 0) await this.stop()
  }

  async untilHandled(count: number): Promise<void> {
    await expect.poll(() => this.handled(), { timeout: 90_000, interval: 20 }).toBeGreaterThanOrEqual(count)
  }

  handled(): number {
    return new Set(
      this.store
        .journal()
        .filter(({ what }) => what === 'done')
        .map(({ partition, offset }) => `${partition}/${offset}`),
    ).size
  }

  async verdict(): Promise<GroupVerdict> {
    const expected = await changesOf(this.#topic)
    expect(expected).toHaveLength(ROUNDS * KEYS.length)
    return checkGroup(expected, this.store.journal(), this.store.applied())
  }
}

async function writtenTopic(): Promise<ListingTopic> {
  const topic = await ListingTopic.open({ partitions: 6 })
  for (let round = 0; round < ROUNDS / 2; round += 1) await writeRound(topic, round)
  return topic
}

/** Whether the group has committed all of the topic. */
async function isAtEnd(topic: ListingTopic, groupId: string): Promise<boolean> {
  const ends = (await topic.cluster.topicOffsets(topic.topic, NEVER)).map(({ end }) => end)
  let committed: readonly number[] = []
  await withAdmin(async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic.topic] })
    committed = (found?.partitions ?? [])
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ offset }) => Number(offset))
  })
  return JSON.stringify(committed) === JSON.stringify(ends)
}

describe('a group of three processes', () => {
  test('handles every change at least once, in order by key, once in a store that knows offsets', async () => {
    await using folder = await tempFolder()
    await using topic = await writtenTopic()
    const file = join(folder.path, 'store.sqlite')
    const options = { ...topic.options, ...TIMING, groupId: topic.newGroup() }
    const group = new Group(topic, { file, options, failing: 0.1 })
    using store = group.store
    for (let member = 0; member < 3; member += 1) group.start()

    await group.untilHandled(100)
    await group.killAtWork()
    group.start()
    const writing = (async () => {
      for (let round = ROUNDS / 2; round < ROUNDS; round += 1) await writeRound(topic, round)
    })()
    await group.untilHandled(400)
    await group.stop()
    group.start()
    await group.untilHandled(550)
    await group.kill()
    await writing
    await group.untilHandled(ROUNDS * KEYS.length)
    await group.stopAll()

    expect(await group.verdict()).toEqual(RIGHT)
    // Without these it would show nothing.
    const journal = store.journal()
    const times = (what: JournalEntry['what']): number =>
      journal.filter((entry) => entry.what === what).length
    expect(new Set(journal.map(({ member }) => member)).size).toBeGreaterThanOrEqual(4)
    expect(times('failed')).toBeGreaterThan(10)
    expect(times('begun')).toBeGreaterThan(times('done') + times('failed'))
    expect(times('done')).toBeGreaterThan(ROUNDS * KEYS.length)
  })

  test('is found out by the checker where a handler answers before its work is done', async () => {
    await using folder = await tempFolder()
    await using topic = await writtenTopic()
    for (let round = ROUNDS / 2; round < ROUNDS; round += 1) await writeRound(topic, round)
    const file = join(folder.path, 'store.sqlite')
    const options = { ...topic.options, ...TIMING, commitIntervalMs: 100, groupId: topic.newGroup() }
    const group = new Group(topic, { file, options, failing: 0, answersEarly: true })
    using _ = group.store
    group.start()
    await expect.poll(() => isAtEnd(topic, options.groupId), { timeout: 60_000, interval: 20 }).toBe(true)
    await group.kill()
    const verdict = await group.verdict()
    for (const found of [verdict.lost, verdict.outOfOrder, verdict.together, verdict.store]) {
      expect(found).not.toEqual([])
    }
  })

  test('is found out by the checker where the store does not know offsets', async () => {
    await using folder = await tempFolder()
    await using topic = await writtenTopic()
    for (let round = ROUNDS / 2; round < ROUNDS; round += 1) await writeRound(topic, round)
    const file = join(folder.path, 'store.sqlite')
    const options = { ...topic.options, ...TIMING, commitIntervalMs: 60_000, groupId: topic.newGroup() }
    const group = new Group(topic, { file, options, failing: 0, forgetsOffsets: true })
    using _ = group.store
    group.start()
    await group.untilHandled(100)
    await group.kill()
    group.start()
    await group.untilHandled(ROUNDS * KEYS.length)
    await group.stopAll()
    const { store: found, ...others } = await group.verdict()
    expect(found).not.toEqual([])
    expect({ ...others, store: [] }).toEqual(RIGHT)
  })
})
