/**
 * The smallest integration that can bring the sandbox into agreement: everything read, everything compared, one process,
 * no crash. For the checker's own tests, which then break something on purpose.
 */
import { basic, bearer, call, docOf, listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { readSystem } from './read.ts';
import { CUSTOMER_RULES } from './rules.ts';
import { put, rendered, type Seen, seen } from './tiny-words.ts';
import { type FieldRule, other, type ParkedItem, type Reading, SIDES, type Side } from './words.ts';

const { fields, skewMs } = CUSTOMER_RULES;

type Decision = { readonly to: Side; readonly value: string | null } | { readonly park: string } | undefined;
type Base = string | null | undefined;

/** How much newer the CRM's value is, ms. */
type Ahead = (field: string) => number;

const decide = (field: FieldRule, crm: Reading, erp: Reading, base: Base, ahead: Ahead): Decision => {
  if (field.createOnly === true || crm.value === erp.value) return undefined;
  if (crm.mayMiss === true) return { park: 'LOOKUP_MISS' };
  if (field.flow !== 'both') {
    const to = field.flow === 'to_erp' ? 'erp' : 'crm';
    const value = (to === 'erp' ? crm : erp).value;
    const targetOnly = base !== undefined && value === base;
    return value === null || (targetOnly && field.drift !== 'restore') ? undefined : { to, value };
  }
  const silent = (value: string | null): boolean =>
    value === null && !(field.empty === 'clear' && base !== undefined && base !== null);
  const winner = (): Side | undefined => {
    if (silent(crm.value) || (base !== undefined && crm.value === base)) return 'erp';
    if (silent(erp.value) || (base !== undefined && erp.value === base)) return 'crm';
    if (field.conflict === 'park') return undefined;
    if (field.conflict !== 'newest') return field.conflict;
    const by = ahead(field.name);
    return Math.abs(by) <= skewMs ? undefined : by > 0 ? 'crm' : 'erp';
  };
  const from = winner();
  if (from === undefined) return { park: 'CONFLICT' };
  const value = (from === 'crm' ? crm : erp).value;
  if (from === 'crm' && (value ?? '').length > (field.maxErp ?? Number.POSITIVE_INFINITY)) return { park: 'TOO_LONG' };
  return { to: other(from), value };
};

/** Something that can be run until it has nothing left to do. */
export interface TinySync {
  /** One round over everything; how many writes it made. */
  readonly round: () => Promise<number>;
  readonly parked: () => readonly ParkedItem[];
  /** Rounds until one writes nothing. */
  readonly settle: () => Promise<readonly ParkedItem[]>;
}

/** An integration with the credentials of `tally`. */
export const tinySync = async (
  crm: { url: string; controlUrl: string },
  erp: { url: string; controlUrl: string },
): Promise<TinySync> => {
  const headers = { crm: await bearer(crm.url, 'tally', 'tally-secret'), erp: basic('tally', 'tally-secret') };
  const links = new Map<string, string>();
  const bases = new Map<string, Map<string, string | null>>();
  const times = new Map<string, { readonly value: string | null; readonly stamp: number }>();
  let parked: ParkedItem[] = [];
  let writes = 0;

  /** The record's id, or undefined when somebody changed the record meanwhile. */
  const write = async (
    to: Side,
    before: Seen | undefined,
    values: Doc,
    reference = '',
  ): Promise<string | undefined> => {
    writes += 1;
    const item =
      to === 'crm'
        ? {
            key: 'k',
            ...(before === undefined ? { external_id: reference } : { id: before.id, if_match: before.doc['etag'] }),
            fields: values,
          }
        : {
            ...(before === undefined ? { reference } : { number: before.id, row_version: before.doc['row_version'] }),
            partner: values,
          };
    const path =
      to === 'crm' ? '/v1/accounts/batch/upsert' : `/api/partners/${before === undefined ? 'create' : 'update'}`;
    const reply = await call('POST', `${to === 'crm' ? crm.url : erp.url}${path}`, {
      headers: headers[to],
      body: { items: [item] },
    });
    const [result] = listOf(docOf(reply), 'results');
    const record = result?.['record'] as Doc | undefined;
    if (result?.['status'] === 412 || result?.['code'] === 'STALE') return undefined;
    const made = record?.['id'] ?? result?.['number'];
    if (typeof made !== 'string') throw new Error(`refused: ${JSON.stringify(result)}`);
    return made;
  };
  const remember = (link: string, field: string, value: string | null): void => {
    const base = bases.get(link) ?? new Map<string, string | null>();
    bases.set(link, base.set(field, value));
  };
  // The record's own time when this value of the field was first seen; our own later writes to the record do not count.
  const firstSeen = (record: Seen, field: string, { value }: Reading): number => {
    const key = `${record.id} ${field}`;
    const known = times.get(key);
    if (known?.value === value) return known.stamp;
    times.set(key, { value, stamp: record.stamp });
    return record.stamp;
  };
  const create = async (source: Seen): Promise<void> => {
    const to = other(source.side);
    const values: Record<string, unknown> = {};
    const entries = fields.map((field, index) => [field, source.readings[index]] as const);
    const carry = (field: FieldRule, reading: Reading | undefined): ParkedItem | undefined => {
      const blocked = (code: string): ParkedItem => ({ [source.side]: source.id, field: field.name, code });
      if (field.flow !== 'both' && field.flow !== `to_${to}`) return undefined;
      if (reading?.mayMiss === true) return blocked('LOOKUP_MISS');
      const value = reading?.value ?? field.standard?.[to] ?? null;
      if (value === null && field.required?.includes(to) === true) return blocked('REQUIRED');
      if (to === 'erp' && (value ?? '').length > (field.maxErp ?? Number.POSITIVE_INFINITY)) return blocked('TOO_LONG');
      if (value !== null) put(values, field[to], rendered(field, to, value, source.doc));
      return undefined;
    };
    const mine = entries.map(([field, reading]) => carry(field, reading)).filter((item) => item !== undefined);
    parked.push(...mine);
    if (to === 'crm') values['kind'] = 'Customer';
    if (mine.some((item) => fields.some((field) => field.name === item.field && field.required?.includes(to) === true)))
      return;
    const made = await write(to, undefined, values as Doc, `ref-${source.id}`);
    if (made === undefined) return;
    const [account, partner] = to === 'erp' ? [source.id, made] : [made, source.id];
    links.set(account, partner);
    for (const [field, reading] of entries) {
      const aside = mine.some((item) => item.field === field.name);
      if (!aside && reading !== undefined && reading.value !== null) remember(account, field.name, reading.value);
    }
  };
  const pairUpdate = async (left: Seen, right: Seen): Promise<void> => {
    const changes: Record<Side, Record<string, unknown>> = { crm: {}, erp: {} };
    const agreed: Record<Side, (() => void)[]> = { crm: [], erp: [] };
    fields.forEach((field, index) => {
      const [a, b] = [left.readings[index] ?? { value: null }, right.readings[index] ?? { value: null }];
      const ahead: Ahead = (name) => firstSeen(left, name, a) - firstSeen(right, name, b);
      const decision = decide(field, a, b, bases.get(left.id)?.get(field.name), ahead);
      if (decision === undefined) {
        if (a.value === b.value) remember(left.id, field.name, a.value);
      } else if ('park' in decision)
        parked.push({ crm: left.id, erp: right.id, field: field.name, code: decision.park });
      else {
        put(
          changes[decision.to],
          field[decision.to],
          rendered(field, decision.to, decision.value, decision.to === 'crm' ? right.doc : left.doc),
        );
        agreed[decision.to].push(() => remember(left.id, field.name, decision.value));
      }
    });
    if (left.doc['erp_number'] !== right.id) changes.crm['erp_number'] = right.id;
    for (const side of SIDES) {
      if (Object.keys(changes[side]).length > 0) {
        const done = await write(side, side === 'crm' ? left : right, changes[side] as Doc);
        if (done !== undefined) for (const enter of agreed[side]) enter();
      }
    }
  };
  const match = async (all: Readonly<Record<Side, readonly Seen[]>>, source: Seen): Promise<void> => {
    const taken = new Set([...links.keys(), ...links.values()]);
    const park = (code: string): void => void parked.push({ [source.side]: source.id, field: '', code });
    if (source.keys.every((key) => key === undefined)) return park('NO_IDENTITY');
    for (const key of source.keys) {
      if (key === undefined) continue;
      const found = all[other(source.side)].filter((record) => record.keys.includes(key));
      if (all[source.side].filter((record) => record.keys.includes(key)).length > 1 || found.length > 1)
        return park('POSSIBLE_DUPLICATE');
      const [one] = found;
      if (one === undefined) continue;
      if (!one.included) return park('OUTSIDE_INCLUDE');
      const contradiction = one.keys[0] !== undefined && source.keys[0] !== undefined && one.keys[0] !== source.keys[0];
      if (taken.has(one.id) || contradiction) return park('POSSIBLE_DUPLICATE');
      links.set(...(source.side === 'crm' ? ([source.id, one.id] as const) : ([one.id, source.id] as const)));
      return;
    }
    await create(source);
  };
  const round = async (): Promise<number> => {
    parked = [];
    writes = 0;
    const all = {
      crm: (await readSystem(crm.controlUrl, 'account')).state.map((doc) => seen('crm', doc)),
      erp: (await readSystem(erp.controlUrl, 'partner')).state.map((doc) => seen('erp', doc)),
    };
    for (const record of [...all.crm, ...all.erp]) {
      fields.forEach((field, index) => void firstSeen(record, field.name, record.readings[index] ?? { value: null }));
    }
    const linked = (record: Seen): boolean =>
      record.side === 'crm' ? links.has(record.id) : [...links.values()].includes(record.id);
    for (const side of SIDES)
      for (const record of all[side]) if (record.included && !linked(record)) await match(all, record);
    for (const left of all.crm) {
      const right = all.erp.find((record) => record.id === links.get(left.id));
      if (right !== undefined) await pairUpdate(left, right);
    }
    return writes;
  };
  const settle = async (): Promise<readonly ParkedItem[]> => {
    for (let left = 10; left > 0; left -= 1) if ((await round()) === 0) return parked;
    throw new Error('the tiny integration does not settle');
  };
  return { round, parked: () => parked, settle };
};
