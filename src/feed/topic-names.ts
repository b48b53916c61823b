import type { ResourceDescription } from '../domain/resource.ts'

export interface TopicNames {
  readonly prefix: string
  readonly checkpoints: string
  readonly control: string
  readonly deadLetters: string
  readonly holds: string
  data(resource: Pick<ResourceDescription, 'name'>): string
  /** Of the resource's rows. */
  rows(resource: Pick<ResourceDescription, 'rows'>): string
}

export function topicNames(prefix: string): TopicNames {
  return {
    prefix,
    checkpoints: `${prefix}.checkpoints`,
    control: `${prefix}.control`,
    deadLetters: `${prefix}.dead-letters`,
    holds: `${prefix}.holds`,
    data: ({ name }) => `${prefix}.${name}`,
    rows: ({ rows }) => `${prefix}.${rows.topic}`,
  }
}
