/** Promises about effects: one per change, none twice, none unexplained. */
import type { JsonObject } from '../../src/domain/json.ts';
import { otherSide, SIDES, type Side } from '../../src/domain/record.ts';
import type { Commit } from './books.ts';
import type { Complain } from './check.ts';
import type { Facts } from './facts.ts';
import { businessOf, valueAt, WORDS } from './values.ts';
import type { World } from './world.ts';

/** R3 and R12: our commits, their keys, and the journal. */
export const checkEffects = (world: World, facts: Facts, complain: Complain): void => {
  const ours = world.commits().filter((commit) => commit.actor === 'tally');
  for (const commit of ours)
    if (!facts.journal.some((entry) => entry.key === commit.key))
      complain('R12 every effect is journalled', `${commit.op} ${commit.side} ${commit.id} ${commit.key}`);
  for (const entry of facts.journal) {
    if (entry.action === 'create' && !ours.some((commit) => commit.key === entry.key))
      complain('R12 every entry has its effect', `${entry.action} ${entry.record} ${entry.key}`);
  }
  checkKeys(world, ours, complain);
  for (const side of SIDES) {
    const creates = ours.filter((commit) => commit.side === side && commit.op === 'create');
    checkCreates(world, creates, side, complain);
    checkReserved(world, creates, side, complain);
  }
  checkSources(world, facts, ours, complain);
};

const gone = (world: World, side: Side, id: string, before: number): boolean =>
  world.systems[side].commits.some((commit) => commit.op === 'delete' && commit.id === id && commit.seq < before);

/** R3: no key takes effect twice. */
const checkKeys = (world: World, ours: readonly Commit[], complain: Complain): void => {
  for (const [key, commits] of Map.groupBy(ours, (commit) => commit.key)) {
    const [first, ...more] = commits;
    if (first === undefined) continue;
    for (const again of more) {
      if (again.late === true || (first.op === 'create' && gone(world, first.side, first.id, again.seq))) continue;
      complain('R3 one effect per change', `${key} took effect at ${first.side} ${first.id} and again at ${again.id}`);
    }
  }
};

/** R3: one create for a business, and none for what stood there already. */
const checkCreates = (world: World, creates: readonly Commit[], side: Side, complain: Complain): void => {
  for (const [business, commits] of Map.groupBy(creates, (commit) => businessOf(side, commit.after ?? {}))) {
    if (world.wild.has(business)) continue;
    for (const [place, commit] of commits.entries()) {
      const earlier = commits
        .slice(0, place)
        .find((each) => !gone(world, side, each.id, commit.seq) && sameThing(world, each, commit));
      if (earlier !== undefined && commit.late !== true)
        complain(
          'R3 one create per business',
          `business ${business} was created at ${side} as ${earlier.id} and as ${commit.id}`,
        );
      const twin = standing(world, side, commit);
      if (twin !== undefined)
        complain(
          'R3 no create beside its twin',
          `${side} ${commit.id} was created although ${twin} stood there before its source was seen`,
        );
    }
  }
};

/** Two creates of one business are one thing when they come from one record, or share a key still: people may have renamed one since. */
const sameThing = (world: World, earlier: Commit, create: Commit): boolean => {
  const sources = [earlier, create].map((commit) => world.sent.get(commit.key ?? '')?.source);
  if (sources[0] === sources[1]) return true;
  const { side, id } = earlier;
  const last = world.systems[side].commits.filter((each) => each.id === id && each.seq < create.seq).at(-1);
  return sharesKey(side, last?.after ?? null, create.after);
};

/** A record with the same key that stood there before the create's source was first shown to us. */
const standing = (world: World, side: Side, create: Commit): string | undefined => {
  const source = world.sent.get(create.key ?? '')?.source;
  const shown = source === undefined ? undefined : world.systems[otherSide(side)].shown.get(source);
  if (shown === undefined) return undefined;
  const { commits } = world.systems[side];
  const peoples = new Set(commits.flatMap(({ op, actor, id }) => (op === 'create' && actor === 'people' ? [id] : [])));
  return [...peoples].find((id) => {
    const mine = commits.filter((commit) => commit.id === id && commit.seq < create.seq);
    // As it stood when the source was first shown, and as it stands now: one restored or renamed since was no twin then.
    const [then, now] = [mine.findLast((commit) => commit.at < shown), mine.at(-1)];
    return [then, now].every((state) => state?.after != null && sharesKey(side, state.after, create.after));
  });
};

/** R3: a key is created once at a target as long as what was created stands there under it. */
const checkReserved = (world: World, creates: readonly Commit[], side: Side, complain: Complain): void => {
  for (const [place, commit] of creates.entries())
    for (const earlier of creates.slice(0, place)) {
      const since = world.systems[side].commits.filter((each) => each.id === earlier.id && each.seq < commit.seq);
      if (commit.late !== true && since.every((each) => sharesKey(side, each.after, commit.after)))
        complain(
          'R3 no create beside our own',
          `${side} ${commit.id} was created although ${earlier.id}, which we had created, has the same key`,
        );
    }
};

/** Do two records of one side have a tax id or a name in common? */
const sharesKey = (side: Side, a: JsonObject | null, b: JsonObject | null): boolean =>
  WORDS.filter((word) => word.field === 'tax id' || word.field === 'name').some((word) => {
    const value = valueAt(a, word.paths[side]);
    return value !== null && value === valueAt(b, word.paths[side]);
  });

/**
 * Could anybody know that we made it? Our key, or the reply, tells. Where neither does, only its own keys do: people may
 * have changed them all before the record was first shown.
 */
const recognisable = (world: World, facts: Facts, create: Commit): boolean => {
  const { side, id, after } = create;
  const { manners, commits, shown } = world.systems[side];
  const first = shown.get(id);
  if (manners.idempotency !== 'none' || first === undefined) return true;
  if (facts.journal.some((entry) => entry.key === create.key && entry.record === id)) return true;
  const then = commits.filter((each) => each.id === id && each.at <= first && each.after !== null).at(-1);
  return sharesKey(side, then?.after ?? null, after);
};

/** What we made from a record belongs to that record, and is never itself what another is made from. */
const checkSources = (world: World, facts: Facts, ours: readonly Commit[], complain: Complain): void => {
  for (const commit of ours.filter((each) => each.op === 'create')) {
    const source = world.sent.get(commit.key ?? '')?.source;
    if (source === undefined) continue;
    const born = world.systems[otherSide(commit.side)].commits.find(
      (each) => each.op === 'create' && each.actor === 'tally' && each.id === source,
    );
    if (born !== undefined && recognisable(world, facts, born))
      complain(
        'our own record is no source',
        `${commit.side} ${commit.id} was created from ${source}, which we had created`,
      );
    const link = [...facts.members].find(([, members]) =>
      members.some((member) => member.side === commit.side && member.id === commit.id),
    );
    const partner = link?.[1].find((member) => member.side !== commit.side);
    if (partner !== undefined && partner.id !== source && recognisable(world, facts, commit))
      complain(
        'our record belongs to its source',
        `${commit.side} ${commit.id} came from ${source} and is linked to ${partner.id}`,
      );
  }
};
