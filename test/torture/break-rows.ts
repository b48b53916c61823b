import type { Arena } from './arena.ts'
import { deleteDataTopic } from './feed-topics.ts'
import { LISTS } from './judged-resources.ts'

const [LISTINGS] = LISTS

/** Rows are turned on for a feed that has records, off and on again, and the process is killed while they are filled. */
export async function turnRowsOnAndOff(arena: Arena): Promise<void> {
  const rounds = 2 + arena.prng.below(2)
  for (let i = 0; i < rounds; i += 1) {
    for (const isOn of [false, true]) {
      arena.change({ ROW_TOPICS: String(isOn) })
      const kills = isOn ? arena.prng.below(3) : 0
      for (let kill = 0; kill < kills; kill += 1) {
        const aimed = await arena.start(['run'], {
          aim: { point: 'after-fill', nth: 1 + arena.prng.below(4) },
          env: { PAGE_LIMIT: '25' },
        })
        await arena.opened(aimed)
        await aimed.kill()
      }
      const daemon = await arena.start(['run'])
      await arena.opened(daemon)
      await arena.pause(200, 1_200)
      await daemon.kill()
    }
  }
}

/** A topic of rows is a view: it is filled again, whether the program runs meanwhile or not. */
export async function deleteRows(arena: Arena): Promise<void> {
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(600, 1_500)
  const running = arena.prng.below(2) === 0
  if (!running) await daemon.kill()
  arena.recreatedRows = LISTINGS.name
  await deleteDataTopic(arena, LISTINGS.rows.topic)
  await arena.pause(0, 1_500)
  await daemon.kill()
}
