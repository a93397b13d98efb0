/** R2: every value that somebody typed stands, was overwritten by one who had seen it, or is listed. */
import type { Json } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import type { Commit } from './books.ts';
import type { Complain } from './check.ts';
import type { Facts } from './facts.ts';
import { tokened, valueAt, WORDS, type Word } from './values.ts';
import type { World } from './world.ts';

const text = (value: Json): string => (value === null ? '' : String(value)).toUpperCase();
const at = (commit: Commit, word: Word, which: 'before' | 'after'): string =>
  text(valueAt(commit[which], word.paths[commit.side]));

/** Accounts for each value that people typed at either side. */
export const checkTokens = (world: World, facts: Facts, complain: Complain): void => {
  const all = world.commits();
  for (const word of WORDS.filter((each) => tokened(each.field)))
    for (const edit of all) {
      const value = at(edit, word, 'after');
      if (edit.actor !== 'people' || value === '' || value === at(edit, word, 'before')) continue;
      checkToken(world, facts, all, word, edit, value, complain);
    }
};

const checkToken = (
  world: World,
  facts: Facts,
  all: readonly Commit[],
  word: Word,
  edit: Commit,
  value: string,
  complain: Complain,
): void => {
  const fate = all.find(
    (commit) =>
      commit.seq > edit.seq &&
      commit.side === edit.side &&
      commit.id === edit.id &&
      at(commit, word, 'after') !== value,
  );
  // It stands, or people of its own side replaced it, with it before their eyes.
  if (fate === undefined || fate.actor === 'people') return;
  if (facts.listed.includes(value)) return;
  const who = `${word.field} "${value}" typed at ${edit.side} ${edit.id}`;
  if (fate.op === 'delete') {
    complain('R2 no silent lost update', `${who} was deleted by us and is listed nowhere`);
    return;
  }
  const winner = at(fate, word, 'after');
  const author = all.find(
    (commit) =>
      commit.actor === 'people' && at(commit, word, 'after') === winner && at(commit, word, 'before') !== winner,
  );
  if (author === undefined) {
    complain('R2 no value from nowhere', `${who} was overwritten with "${winner}", which nobody typed`);
    return;
  }
  if (sawIt(all, word, author, value) || insideWindow(world, facts, fate, edit)) return;
  complain(
    'R2 no silent lost update',
    `${who} was overwritten with "${winner}", whose author had not seen it, and is listed nowhere`,
  );
};

/** Had the value reached the record where the winner was typed? */
const sawIt = (all: readonly Commit[], word: Word, author: Commit, value: string): boolean =>
  all.some(
    (commit) =>
      commit.seq <= author.seq &&
      commit.side === author.side &&
      commit.id === author.id &&
      (at(commit, word, 'after') === value || at(commit, word, 'before') === value),
  );

/** At a target that guards nothing an edit between our reading and our write may be lost: the shown window. A version that counts tells of it. */
const insideWindow = (world: World, facts: Facts, write: Commit, edit: Commit): boolean => {
  const side: Side = write.side;
  const { guard } = world.systems[side].manners;
  if (guard === 'version') return false;
  const told = ({ action, key }: Facts['journal'][number]): boolean =>
    key === write.key && (action === 'interleaved' || action === 'outcome unknown');
  if (guard === 'detect' && write.late !== true && !facts.journal.some(told)) return false;
  const seen = world.sent.get(write.key ?? '')?.seen;
  return seen !== undefined && edit.at >= seen - 1;
};
