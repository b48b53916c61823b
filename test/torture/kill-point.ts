/** Named places in the life of the program where the bench can end or stop it. */
export const KILL_POINTS = {
  'before-send': ['before-begin', 'before-send'],
  'between-send-and-commit': ['between-sends', 'between-send-and-commit', 'during-commit'],
  'between-commit-and-index': ['between-commit-and-index'],
  'between-events-and-index': ['between-events-and-index'],
  'between-listings-and-sets': ['after-listings', 'before-sets'],
  'in-fill': ['after-fill'],
  'in-index-write': ['in-index-write', 'after-index'],
  'in-recovery': [
    'before-owner-commit',
    'after-owner-commit',
    'before-reset',
    'after-reset',
    'in-recovery-write',
    'after-recovery-apply',
  ],
} as const

export type KillPoint = (typeof KILL_POINTS)[keyof typeof KILL_POINTS][number]
