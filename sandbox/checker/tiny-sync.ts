/**
 * The smallest integration that can bring the sandbox into agreement: everything read, everything compared, one process,
 * no crash. For the checker's own tests, which then break something on purpose.
 */
import type { Doc } from '../kit/json.ts';
import { readSystem } from './read.ts';
import { CUSTOMER_RULES } from './rules.ts';
import { decide } from './tiny-decide.ts';
import { type Addresses, createMemory, createWrite, type Memory, type Write } from './tiny-memory.ts';
import { put, rendered, type Seen, seen } from './tiny-words.ts';
import { type FieldRule, other, type ParkedItem, type Reading, SIDES, type Side } from './words.ts';

const { fields } = CUSTOMER_RULES;

/** Something that can be run until it has nothing left to do. */
export interface TinySync {
  /** One round over everything; how many writes it made. */
  readonly round: () => Promise<number>;
  readonly parked: () => readonly ParkedItem[];
  /** Rounds until one writes nothing. */
  readonly settle: () => Promise<readonly ParkedItem[]>;
}

const NOTHING: Reading = { value: null };

/** Puts a field of a new record into `values`, or says why that cannot be. */
const carry = (
  source: Seen,
  field: FieldRule,
  reading: Reading | undefined,
  values: Record<string, unknown>,
): ParkedItem | undefined => {
  const to = other(source.side);
  const blocked = (code: string): ParkedItem => ({ [source.side]: source.id, field: field.name, code });
  if (field.flow !== 'both' && field.flow !== `to_${to}`) return undefined;
  if (reading?.mayMiss === true) return blocked('LOOKUP_MISS');
  const value = reading?.value ?? field.standard?.[to] ?? null;
  if (value === null && field.required?.includes(to) === true) return blocked('REQUIRED');
  if (to === 'erp' && (value ?? '').length > (field.maxErp ?? Number.POSITIVE_INFINITY)) return blocked('TOO_LONG');
  if (value !== null) put(values, field[to], rendered(field, to, value, source.doc));
  return undefined;
};

const createCreate =
  (memory: Memory, write: Write) =>
  async (source: Seen): Promise<void> => {
    const to = other(source.side);
    const values: Record<string, unknown> = {};
    const entries = fields.map((field, index) => [field, source.readings[index]] as const);
    const aside = entries.flatMap(([field, reading]) => carry(source, field, reading, values) ?? []);
    memory.park(...aside);
    if (to === 'crm') values['kind'] = 'Customer';
    const isAside = (field: FieldRule): boolean => aside.some((item) => item.field === field.name);
    if (fields.some((field) => isAside(field) && field.required?.includes(to) === true)) return;
    const made = await write(to, undefined, values as Doc, `ref-${source.id}`);
    if (made === undefined) return;
    const [account, partner] = to === 'erp' ? [source.id, made] : [made, source.id];
    memory.links.set(account, partner);
    for (const [field, reading] of entries)
      if (!isAside(field) && reading !== undefined && reading.value !== null)
        memory.remember(account, field.name, reading.value);
  };

/** What a pair needs: values for each side, and what is agreed on once they are written. Notes what is parked or agreed already. */
const compared = (memory: Memory, left: Seen, right: Seen) => {
  const changes: Record<Side, Record<string, unknown>> = { crm: {}, erp: {} };
  const agreed: Record<Side, (() => void)[]> = { crm: [], erp: [] };
  fields.forEach((field, index) => {
    const [a, b] = [left.readings[index] ?? NOTHING, right.readings[index] ?? NOTHING];
    const ahead = (name: string): number => memory.firstSeen(left, name, a) - memory.firstSeen(right, name, b);
    const decision = decide(field, a, b, memory.base(left.id, field.name), ahead);
    if (decision === undefined) {
      if (a.value === b.value) memory.remember(left.id, field.name, a.value);
    } else if ('park' in decision) memory.park({ crm: left.id, erp: right.id, field: field.name, code: decision.park });
    else {
      const { to, value } = decision;
      put(changes[to], field[to], rendered(field, to, value, to === 'crm' ? right.doc : left.doc));
      agreed[to].push(() => memory.remember(left.id, field.name, value));
    }
  });
  if (left.doc['erp_number'] !== right.id) changes.crm['erp_number'] = right.id;
  return { changes, agreed };
};

const createUpdate =
  (memory: Memory, write: Write) =>
  async (left: Seen, right: Seen): Promise<void> => {
    const { changes, agreed } = compared(memory, left, right);
    for (const side of SIDES) {
      if (Object.keys(changes[side]).length === 0) continue;
      const done = await write(side, side === 'crm' ? left : right, changes[side] as Doc);
      if (done !== undefined) for (const enter of agreed[side]) enter();
    }
  };

type All = Readonly<Record<Side, readonly Seen[]>>;

/** The other half of a record, why it cannot be told, or undefined where there is none. */
const halfOf = (memory: Memory, all: All, source: Seen): Seen | string | undefined => {
  const taken = new Set([...memory.links.keys(), ...memory.links.values()]);
  const keys = source.keys.filter((key) => key !== undefined);
  if (keys.length === 0) return 'NO_IDENTITY';
  for (const key of keys) {
    const found = all[other(source.side)].filter((record) => record.keys.includes(key));
    if (all[source.side].filter((record) => record.keys.includes(key)).length > 1 || found.length > 1)
      return 'POSSIBLE_DUPLICATE';
    const [one] = found;
    if (one === undefined) continue;
    if (!one.included) return 'OUTSIDE_INCLUDE';
    const contradiction = one.keys[0] !== undefined && source.keys[0] !== undefined && one.keys[0] !== source.keys[0];
    return taken.has(one.id) || contradiction ? 'POSSIBLE_DUPLICATE' : one;
  }
  return undefined;
};

const link = ({ links }: Memory, source: Seen, half: Seen): void => {
  if (source.side === 'crm') links.set(source.id, half.id);
  else links.set(half.id, source.id);
};

const isLinked = ({ links }: Memory, { side, id }: Seen): boolean =>
  side === 'crm' ? links.has(id) : [...links.values()].includes(id);

const readAll = async ({ crm, erp }: Addresses): Promise<All> => ({
  crm: (await readSystem(crm.controlUrl, 'account')).state.map((doc) => seen('crm', doc)),
  erp: (await readSystem(erp.controlUrl, 'partner')).state.map((doc) => seen('erp', doc)),
});

/** An integration with the credentials of `tally`. */
export const tinySync = async (crm: Addresses['crm'], erp: Addresses['erp']): Promise<TinySync> => {
  const memory = createMemory();
  const plainWrite = await createWrite({ crm, erp });
  let writes = 0;
  const write: Write = (...written) => {
    writes += 1;
    return plainWrite(...written);
  };
  const create = createCreate(memory, write);
  const update = createUpdate(memory, write);
  const match = async (all: All, source: Seen): Promise<void> => {
    const half = halfOf(memory, all, source);
    if (half === undefined) return create(source);
    if (typeof half === 'string') memory.park({ [source.side]: source.id, field: '', code: half });
    else link(memory, source, half);
  };
  const round = async (): Promise<number> => {
    memory.unpark();
    writes = 0;
    const all = await readAll({ crm, erp });
    for (const record of [...all.crm, ...all.erp])
      fields.forEach((field, index) => void memory.firstSeen(record, field.name, record.readings[index] ?? NOTHING));
    for (const side of SIDES)
      for (const record of all[side]) if (record.included && !isLinked(memory, record)) await match(all, record);
    for (const left of all.crm) {
      const right = all.erp.find((record) => record.id === memory.links.get(left.id));
      if (right !== undefined) await update(left, right);
    }
    return writes;
  };
  const settle = async (): Promise<readonly ParkedItem[]> => {
    for (let left = 10; left > 0; left -= 1) if ((await round()) === 0) return memory.parked();
    throw new Error('the tiny integration does not settle');
  };
  return { round, parked: memory.parked, settle };
};
