import type { OwnChange } from '../../records/collection-definition.ts'
import { isInView } from '../../records/simulated-record.ts'
import { anotherOffice } from './account.ts'
import type { Account } from './account.ts'

/** What can happen to an account beside what can happen to any record. */
export type AccountAction = 'rename' | 'move' | 'email'

export const ACCOUNT_CHANGES: readonly OwnChange<Account, AccountAction>[] = [
  {
    /** A member's new LastName. */
    action: 'rename',
    applies: isMember,
    isOfAll: false,
    draw: () => (account) => () => {
      account.renamed += 1
    },
  },
  {
    /** A member's new office, of the same company or of another one of the same MLS. */
    action: 'move',
    applies: isMember,
    isOfAll: false,
    draw:
      ({ prng, dataShare }) =>
      (account) => {
        const hash = prng.next32()
        return () => {
          account.office = anotherOffice(account.office, dataShare.length, hash)
        }
      },
  },
  {
    /** New address in the first of Emails. */
    action: 'email',
    applies: isInView,
    isOfAll: false,
    draw: () => (account) => () => {
      account.readdressed += 1
    },
  },
]

function isMember(account: Account): boolean {
  return isInView(account) && account.userType === 'Member'
}
