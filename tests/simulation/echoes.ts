/** R8: what a system made of our value goes back to nobody. */
import { otherSide } from '../../src/domain/record.ts';
import type { Commit } from './books.ts';
import type { Complain } from './check.ts';
import type { Entry, Facts } from './facts.ts';
import { tokened, valueAt, WORDS, type Word } from './values.ts';
import type { World } from './world.ts';

/** No value of ours is written back to where it came from as its target's way of writing it. */
export const checkEchoes = (world: World, facts: Facts, complain: Complain): void => {
  const all = world.commits();
  for (const word of WORDS.filter((each) => tokened(each.field)))
    for (const echo of all) {
      if (echo.actor !== 'tally' || echo.op !== 'update') continue;
      const [before, after] = [at(echo, word, 'before'), at(echo, word, 'after')];
      if (before === after || before.toUpperCase() !== after.toUpperCase()) continue;
      const written = all.findLast((each) => carried(each, echo, word, before));
      if (written === undefined || !world.systems[written.side].manners.returnsRecord) continue;
      // Whose answer was lost is judged by what stands there: then a rendering cannot be told from an edit.
      if (!facts.journal.some((entry) => entry.key === written.key && answered(entry))) continue;
      complain(
        'R8 no echo',
        `${word.field} "${before}" of ${echo.side} ${echo.id} was overwritten with "${after}", which is what ${written.side} ${written.id} made of it`,
      );
    }
};

const at = (commit: Commit, word: Word, which: 'before' | 'after'): string =>
  String(valueAt(commit[which], word.paths[commit.side]) ?? '');

/** Our write that had carried the value to the other side. */
const carried = (commit: Commit, echo: Commit, word: Word, value: string): boolean =>
  commit.actor === 'tally' &&
  commit.seq < echo.seq &&
  commit.side === otherSide(echo.side) &&
  at(commit, word, 'after').toUpperCase() === value.toUpperCase() &&
  at(commit, word, 'before').toUpperCase() !== value.toUpperCase();

const answered = ({ action, reason }: Entry): boolean =>
  (action === 'create' || action === 'update') && !reason.startsWith('confirmed by reading');
