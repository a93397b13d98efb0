/** What a steward does in the product: decide, retry, teach a lookup, ask for a sweep. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import { objectFrom } from '../../src/ledger/codec.ts';
import { type Actor as Person, resolve, retry, syncMapping } from '../../src/ledger/steps/acts.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { Crash } from './crash.ts';
import { RARE_TERMS } from './mappings.ts';
import { nth } from './random.ts';
import type { World } from './world.ts';

const STEWARD: Person = { name: 'steward', mappings: null };

/** Compare everything. */
export const sweepAll = async (world: World): Promise<void> => {
  await syncMapping(world.db, STEWARD, 'customer');
};

/** A lookup table learns the next rare term. */
export const learn = async (world: World): Promise<void> => {
  if (world.mappings.rareTerms >= RARE_TERMS.length) return;
  world.mappings = { ...world.mappings, rareTerms: world.mappings.rareTerms + 1 };
  await register(world.db, {
    config: 1 + world.mappings.rareTerms,
    connections: ['crm', 'erp'],
    mappings: [...world.context.mappings().values()],
  });
  await retry(world.db, STEWARD, { code: 'LOOKUP_MISS' });
};

interface ParkedRow {
  readonly id: string;
  readonly field: string;
  readonly code: string;
  readonly link: string;
  readonly detail: Buffer;
}
const parkedRow = async (world: World, n: number): Promise<ParkedRow | undefined> =>
  nth(
    await world.db.query<ParkedRow>(
      `select id, field, code, link, detail from parked order by mapping, field, code, message`,
    ),
    n,
  );

/** Pick a side for the n-th parked field, if it is in conflict. */
export const decide = async (world: World, n: number): Promise<void> => {
  const row = await parkedRow(world, n);
  if (row === undefined || row.field === '' || row.code !== 'CONFLICT') return;
  const { crm = null, erp = null } = objectFrom(row.detail) as { crm?: Json; erp?: Json };
  await ruled(world, () =>
    resolve(world.db, STEWARD, row.id, { take: n % 2 === 0 ? 'crm' : 'erp', seen: { crm, erp } }),
  );
};

/** Try the n-th parked item again. */
export const retryParked = async (world: World, n: number): Promise<void> => {
  const row = await parkedRow(world, n);
  if (row !== undefined) await ruled(world, () => retry(world.db, STEWARD, { id: row.id }));
};

/** A person's act may be refused; that is an answer. */
const ruled = async (world: World, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof Crash || !(error instanceof SyncError) || error.recovery !== 'abort')
      world.complain('step failed', `a person's act: ${String(error)}`);
  }
};
