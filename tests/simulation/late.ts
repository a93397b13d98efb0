/** R4: what arrives late where nothing refuses it is no change: it goes nowhere, is put right, and is listed. */
import { otherSide } from '../../src/domain/record.ts';
import type { Commit } from './books.ts';
import type { Complain } from './check.ts';
import type { Facts } from './facts.ts';
import { tokened, valueAt, WORDS, type Word } from './values.ts';
import type { World } from './world.ts';

const at = (commit: Commit, word: Word, which: 'before' | 'after'): string =>
  String(valueAt(commit[which], word.paths[commit.side]) ?? '').toUpperCase();
const sets = (commit: Commit, word: Word, value: string): boolean =>
  at(commit, word, 'after') === value && at(commit, word, 'before') !== value;

/** Looks at every value that a late update of ours put where another stood. */
export const checkLate = (world: World, facts: Facts, complain: Complain): void => {
  const all = world.commits();
  for (const late of all.filter((commit) => commit.late === true && commit.op === 'update'))
    for (const word of WORDS.filter(({ field }) => tokened(field))) {
      const value = at(late, word, 'after');
      if (value !== at(late, word, 'before')) checkValue(world, facts, all, late, word, complain);
    }
};

const checkValue = (
  world: World,
  facts: Facts,
  all: readonly Commit[],
  late: Commit,
  word: Word,
  complain: Complain,
): void => {
  const value = at(late, word, 'after');
  const who = `${word.field} "${value}", which arrived late at ${late.side} ${late.id}`;
  const since = all.filter((commit) => commit.seq > late.seq && commit.actor === 'tally');
  const others = [...facts.members.values()]
    .filter((members) => members.some(({ side, id }) => side === late.side && id === late.id))
    .flatMap((members) => members.filter(({ side }) => side === otherSide(late.side)).map(({ id }) => id));
  const returned = (commit: Commit): boolean =>
    commit.side !== late.side && others.includes(commit.id) && sets(commit, word, value);
  if (since.some(returned))
    complain('R4 a late write is no change', `${who}, was written back to ${others.join(', ')}`);
  // What we had put there ourselves the ledger knew; what people typed since it may never have seen.
  const known = all.findLast(
    (commit) =>
      commit.seq < late.seq &&
      commit.side === late.side &&
      commit.id === late.id &&
      sets(commit, word, at(late, word, 'before')),
  );
  if (known?.actor !== 'tally') return;
  const righted = since.find(
    (commit) => commit.side === late.side && commit.id === late.id && at(commit, word, 'before') === value,
  );
  if (righted === undefined || at(righted, word, 'after') === value) return;
  const seen = world.sent.get(righted.key ?? '')?.seen ?? 0;
  if (seen > late.at && !facts.journal.some(({ action, key }) => action === 'interleaved' && key === late.key))
    complain('R4 a late write is listed', `${who}, was overwritten by ${righted.key} and is not journalled`);
};
