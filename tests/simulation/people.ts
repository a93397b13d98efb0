/** What people do at their own screens. */
import { SIDES, type Side } from '../../src/domain/record.ts';
import { goOn, stepActor } from './actors.ts';
import type { Kept } from './books.ts';
import type { Action } from './draw.ts';
import { nth } from './random.ts';
import { slotAt } from './setup.ts';
import type { FakeSystem } from './system.ts';
import { businessOf, typed, valueAt, WORDS, withValue } from './values.ts';
import type { Share } from './weights.ts';
import { another, person, type World } from './world.ts';

// Few enough, so that the brake is not what this is about.
const DELETES = 8;

const living = (system: FakeSystem): readonly Kept[] => [...system.records.values()].filter((kept) => !kept.deleted);

/** One act of somebody at one side, if there is a record for it. */
export const act = async (
  world: World,
  kind: 'edit' | 'create' | 'delete' | 'restore',
  side: Side,
  n: number,
  action: Action,
): Promise<void> => {
  const system = world.systems[side];
  switch (kind) {
    case 'edit': {
      const held = action.held === true ? nth(await midst(world, side, n), n) : undefined;
      const kept = held ?? nth(living(system), n);
      if (kept !== undefined) await edit(world, side, kept, action.field ?? 'city', n);
      return action.held === true ? notice(world, side) : undefined;
    }
    case 'create':
      return create(world, side, n, action.share ?? 'nothing');
    case 'delete': {
      const kept = nth(living(system), n);
      if (kept !== undefined && system.commits.filter((commit) => commit.op === 'delete').length < DELETES)
        system.people.remove(kept.id);
      return;
    }
    case 'restore': {
      const deleted = [...system.records.values()].filter((each) => each.deleted);
      const kept = nth(deleted, n);
      if (kept !== undefined) system.people.restore(kept.id);
      return;
    }
    default:
      return kind satisfies never;
  }
};

/** Living records of the segments that have planned something and not ended it yet. */
const beingWritten = async (world: World, side: Side): Promise<readonly Kept[]> => {
  const rows = await world.db.query<{ id: string }>(
    `select r.id from record r join link l on l.id = r.link where r.slot = $1 and r.active and l.segment in (select segment from intent where state <> 'ended')`,
    [slotAt(side)],
  );
  const held = new Set(rows.map((row) => row.id));
  return living(world.systems[side]).filter((kept) => held.has(kept.id));
};

/** Records of a segment that is being written: one of the workflows goes on until there is one. */
const midst = async (world: World, side: Side, n: number): Promise<readonly Kept[]> => {
  const syncs = [...world.actors.values()].filter(({ name }) => name.startsWith('sync-'));
  const sync = nth(syncs, n);
  if (sync !== undefined) await goOn(world, sync, async () => (await beingWritten(world, side)).length > 0);
  return beingWritten(world, side);
};

// Steps of a capture in which it has read a page or two.
const GLANCE = 8;

/** The change is seen at once, while a segment is still being written. */
const notice = async (world: World, side: Side): Promise<void> => {
  const capture = world.actors.get(`capture-${side}`);
  if (capture === undefined) return;
  for (let step = 0; step < GLANCE; step += 1) await stepActor(world, capture, 0);
};

const edit = async (world: World, side: Side, kept: Kept, field: string, n: number): Promise<void> => {
  const word = WORDS.find((each) => each.field === field);
  if (word === undefined) return;
  const business = businessOf(side, kept.body);
  if (field === 'name' || field === 'tax id') {
    const rows = await world.db.query(
      `select 1 from record r join record o on o.link = r.link and o.slot <> r.slot where r.slot = $1 and r.id = $2`,
      [slotAt(side), kept.id],
    );
    if (rows.length === 0) world.wild.add(business);
  }
  const value = typed(field, side, business, another(world, 'tokens'), n);
  const changed = withValue(kept.body, word.paths[side], value);
  world.systems[side].people.edit(kept.id, changed);
};

const create = (world: World, side: Side, n: number, share: Share): void => {
  const twins = SIDES.flatMap((at) => living(world.systems[at]).map((kept) => ({ at, kept })));
  const twin = share === 'nothing' ? undefined : nth(twins, n);
  if (twin === undefined) {
    const business = another(world, 'businesses');
    const tax = typed('tax id', side, business, another(world, 'tokens'), 0);
    world.systems[side].people.create(person(world, side, business, { 'tax id': tax }));
    return;
  }
  const same = (field: string): string | undefined => {
    const value = valueAt(twin.kept.body, WORDS.find((word) => word.field === field)?.paths[twin.at] ?? '');
    return typeof value === 'string' ? value : undefined;
  };
  const tax = share === 'name' ? undefined : same('tax id');
  const name = share === 'tax id' ? undefined : same('name');
  const given = { ...(tax === undefined ? {} : { 'tax id': tax }), ...(name === undefined ? {} : { name }) };
  if (Object.keys(given).length > 0)
    world.systems[side].people.create(person(world, side, businessOf(twin.at, twin.kept.body), given));
};
