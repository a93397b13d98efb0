import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ErrorCode } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Baseline } from '../../src/domain/plan.ts';
import { type Database, openDatabase } from '../../src/ledger/database.ts';
import type { Role } from '../../src/ledger/queries/keys.ts';
import { ROLES } from '../../src/ledger/queries/keys.ts';
import { createCapture } from '../../src/ledger/steps/capture.ts';
import type { Context } from '../../src/ledger/steps/context.ts';
import { createFirstKeys, createKey } from '../../src/ledger/steps/keys.ts';
import { type Park, park } from '../../src/ledger/steps/park.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { storeBaselines } from '../../src/ledger/steps/settle.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { createApp } from '../../src/server/app.ts';
import type { ProbeAnswer, ProbeRequest, ServerDeps } from '../../src/server/deps.ts';
import { aLedger } from '../kit/ledger.ts';

/** The API on a real ledger with a fake engine and two observed sides. */
export interface World {
  readonly db: Database;
  readonly keys: Readonly<Record<Role, string>>;
  readonly nudged: string[];
  readonly looked: string[];
  readonly probes: ProbeRequest[];
  readonly lines: string[];
  readonly app: ReturnType<typeof createApp>;
  /** A request as the holder of a role's key, or of any key, or (null) nobody. */
  ask(who: Role | { readonly key: string } | null, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Records seen at one side; gives their link by id. */
  seen(
    slot: string,
    records: readonly { readonly id: string; readonly body: JsonObject }[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Two records that are one, with a baseline; gives the link. */
  linked(pair: { readonly crm: string; readonly erp: string }, baseline?: Baseline): Promise<string>;
  parked(item: Partial<Park> & { readonly link: string; readonly code: ErrorCode }): Promise<string>;
  close(): Promise<void>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into replies of every shape
  readonly json: any;
}

export const CRM = 'crm/Account';
export const ERP = 'erp/Partner';
export const account = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  kind: 'Customer',
  language: 'en',
  vat_number: 'DE123456789',
  payment_terms: 'Net 30',
  credit_limit: '10.00',
  on_hold: false,
  phone: null,
  email: null,
  billing: { street: 'Main St 1', postal_code: '01234', city: 'Bonn', country: 'DE' },
  ...more,
});
export const partner = (name: string, more: JsonObject = {}): JsonObject => ({
  organization_name: name,
  search_term: name.toUpperCase(),
  grouping: 'Z001',
  language: 'en',
  tax_number: 'DE123456789',
  payment_terms: 'ZB30',
  credit_limit: '10.00',
  blocked: '',
  contact: { phone: null, email: null },
  addresses: [{ use: 'bill-to', street: 'Main St 1', postal_code: '01234', city: 'Bonn', country: 'DE' }],
  ...more,
});

export const mappingFiles = async (): Promise<Record<string, string>> => {
  const names = [
    'mappings/customer.yaml',
    'mappings/lookups/customer-kinds.yaml',
    'mappings/lookups/payment-terms.yaml',
  ];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(new URL(`../../${name}`, import.meta.url), 'utf8')]),
    ),
  );
};

/** Everything new: a database of its own, the customer mapping, one key per role. */
export const aWorld = async (change: Partial<ServerDeps> = {}): Promise<World> => {
  const database = await aLedger();
  const db = openDatabase(database.url);
  const compilation = compileMappings(await mappingFiles());
  const context: Context = {
    db,
    mappings: () => compilation.mappings,
    traits: () => ({ fresh: false, counts: false, idempotency: 'unique', settleMs: 0, sweepMs: 0 }),
    uuid: randomUUID,
  };
  await register(db, { config: 1, connections: ['crm', 'erp'], mappings: [...compilation.mappings.values()] });
  const made = [
    ...(await createFirstKeys(db)),
    await createKey(db, 'tallystick', {
      ...{ name: 'system', role: 'system', days: 1, scopes: [], mappings: null },
      connections: ['erp'],
    }),
  ];
  const keys = Object.fromEntries(
    ROLES.map((role) => [role, made.find((key) => key.role === role)?.key ?? '']),
  ) as Record<Role, string>;
  const nudged: string[] = [];
  const looked: string[] = [];
  const probes: ProbeRequest[] = [];
  const lines: string[] = [];
  const keep = (fields: object, message: string): void => {
    lines.push(JSON.stringify({ ...fields, message }));
  };
  const deps: ServerDeps = {
    db,
    compilation: () => compilation,
    temporal: {
      nudge: async (mappings) => void nudged.push(...mappings),
      look: async (slots) => void looked.push(...slots),
      reachable: async () => true,
      answer: async () => undefined,
      probe: async (request): Promise<ProbeAnswer> => {
        probes.push(request);
        return { ok: true, result: { who: 'tally' } };
      },
    },
    now: () => performance.now(),
    wall: Date.now,
    inbound: () => undefined,
    log: { info: keep, warn: keep, error: keep },
    local: true,
    ...change,
  };
  const app = createApp(deps);
  const ask: World['ask'] = async (who, method, path, body) => {
    const key = who === null ? undefined : typeof who === 'string' ? keys[who] : who.key;
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await app.request(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text === '' ? undefined : JSON.parse(text),
    };
  };
  const seen: World['seen'] = async (slot, records) => {
    const capture = createCapture(context);
    const from = await capture.now();
    await capture.storePage({
      slot,
      kind: 'feed',
      changes: records.map((record) => ({ op: 'upsert', record: { ...record, version: '1' } })),
      next: 'c',
      done: false,
      from,
    });
    const rows = await db.query<{ id: string; link: string }>('select id, link from record where slot = $1', [slot]);
    return new Map(rows.map((row) => [row.id, row.link]));
  };
  const linked: World['linked'] = async ({ crm, erp }, baseline = {}) => {
    const [row] = await db.query<{ link: string }>(`select link from record where slot = $1 and id = $2`, [CRM, crm]);
    const link = row?.link ?? '';
    await db.query(`update record set link = $3 where slot = $1 and id = $2`, [ERP, erp, link]);
    await storeBaselines(db, [{ link, mapping: 'customer', body: baseline }]);
    await db.query(`delete from pending where id = any($1)`, [[crm, erp]]);
    await db.query(`update mapping set nudged = false`);
    return link;
  };
  const parkedItem: World['parked'] = async (item) => {
    const whole: Park = {
      mapping: 'customer',
      field: '',
      message: 'look at it',
      cause: item.code,
      crm: null,
      erp: null,
      base: null,
      ...item,
    };
    await park(db, [whole]);
    const [row] = await db.query<{ id: string }>(
      'select id from parked where mapping = $1 and link = $2 and field = $3',
      [whole.mapping, whole.link, whole.field],
    );
    await db.query('delete from pending');
    return row?.id ?? '';
  };
  return {
    db,
    keys,
    nudged,
    looked,
    probes,
    lines,
    app,
    ask,
    seen,
    linked,
    parked: parkedItem,
    close: async () => {
      await db.close();
      await database.drop();
    },
  };
};

/** A world for one test, closed whatever happens. */
export const inWorld = async (
  work: (world: World) => Promise<void>,
  change: Partial<ServerDeps> = {},
): Promise<void> => {
  const world = await aWorld(change);
  try {
    await work(world);
  } finally {
    await world.close();
  }
};

/** One customer, linked, that both sides changed apart. */
export const aConflict = async (
  world: World,
  values: { readonly crm: Json; readonly erp: Json } = { crm: 'DE222222222', erp: 'DE333333333' },
) => {
  await world.seen(CRM, [{ id: 'A1', body: account('Acme', { vat_number: values.crm }) }]);
  await world.seen(ERP, [{ id: '100', body: partner('Acme', { tax_number: values.erp }) }]);
  const link = await world.linked({ crm: 'A1', erp: '100' });
  const id = await world.parked({
    link,
    field: 'tax id',
    code: 'CONFLICT',
    message: `tax id: crm ${JSON.stringify(values.crm)}, erp ${JSON.stringify(values.erp)}`,
    ...values,
    base: 'DE111111111',
  });
  return { link, id, values };
};
