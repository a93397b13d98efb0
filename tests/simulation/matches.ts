/** Two records are matched only when it is clear which: nobody else stood there with the same key. */
import type { JsonObject } from '../../src/domain/json.ts';
import { SIDES, type Side } from '../../src/domain/record.ts';
import type { Complain } from './check.ts';
import type { Facts } from './facts.ts';
import { valueAt, WORDS } from './values.ts';
import type { World } from './world.ts';

/** What identifies a record, in the order of the rules. */
interface Keys {
  readonly 'tax id': string;
  readonly name: string;
}
/** A record that kept its keys from its beginning until it was matched, or until another was. */
interface Steady {
  readonly side: Side;
  readonly id: string;
  readonly keys: Keys;
  readonly born: number;
}

/** Rule 2: no match before both sides were read from end to end, so nothing that stood there at the beginning was overlooked. */
export const checkMatches = (world: World, facts: Facts, complain: Complain): void => {
  for (const { link, at } of facts.matches) {
    const members = facts.members.get(link) ?? [];
    const all = SIDES.flatMap((side) =>
      [...world.systems[side].records.keys()].flatMap((id) => steady(world, side, id, at) ?? []),
    );
    const pair = all.filter((each) => members.some((member) => member.side === each.side && member.id === each.id));
    const [one, other] = pair;
    if (one === undefined || other === undefined || pair.length > 2) continue;
    const rule = one.keys['tax id'] !== '' && one.keys['tax id'] === other.keys['tax id'] ? 'tax id' : 'name';
    const third = all.find(
      (each) =>
        !pair.includes(each) &&
        each.born < world.begun &&
        each.keys[rule] !== '' &&
        pair.every((half) => half.keys[rule] === each.keys[rule] && !contradict(half.keys, each.keys)),
    );
    if (third !== undefined)
      complain(
        'no match while ambiguous',
        `${one.side} ${one.id} and ${other.side} ${other.id} were matched, though ${third.side} ${third.id} has the same ${rule}`,
      );
  }
};

const contradict = (a: Keys, b: Keys): boolean =>
  a['tax id'] !== '' && b['tax id'] !== '' && a['tax id'] !== b['tax id'];

const keysOf = (side: Side, body: JsonObject | null): Keys => {
  const text = (field: string): string =>
    String(valueAt(body, WORDS.find((word) => word.field === field)?.paths[side] ?? '') ?? '');
  return { 'tax id': text('tax id'), name: text('name') };
};

/** The record, if it stood there at that time and never had other keys. */
const steady = (world: World, side: Side, id: string, at: number): Steady | undefined => {
  const until = world.systems[side].commits.filter((commit) => commit.id === id && commit.at <= at);
  const [first] = until;
  if (first === undefined || until.some((commit) => commit.op === 'delete')) return undefined;
  const keys = keysOf(side, first.after);
  const same = until.every(({ after }) => {
    const now = keysOf(side, after);
    return now['tax id'] === keys['tax id'] && now.name === keys.name;
  });
  return same ? { side, id, keys, born: first.at } : undefined;
};
