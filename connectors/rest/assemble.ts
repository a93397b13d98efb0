/** A preset's record types made into a connector, over whatever carries its requests. */
import { SyncError } from '../../src/domain/errors.ts';
import { assembled } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { type EngineInput, presetFile } from '../engine/preset.ts';
import type { Call, Capabilities, Connector, ReadAnswer, WriteItem } from '../sdk/seam.ts';
import { createDescribing } from './describe.ts';
import { createFeed } from './feed.ts';
import { createList, createPages } from './list.ts';
import { createListWrites, removable } from './lists.ts';
import { createQuestion, type Questioning, questionCapabilities } from './questions.ts';
import { createReading, createSearch, type ReadMany } from './read.ts';
import { type Ask, compilePath, compileRequest, createAsk, textOf, type World } from './request.ts';
import { createRows } from './rows.ts';
import type { RecordType, RestPreset } from './schema.ts';
import { createWrites } from './write.ts';

/** What is made of a preset here: the rest of it has already become the world. */
export type Assembled = Pick<RestPreset, 'system' | 'check'> & {
  readonly records: Readonly<Record<string, RecordType & TakesAway>>;
  readonly questions?: Readonly<Record<string, Questioning>>;
};

/** An engine may take elements out of lists in a way of its own, without any `lists`. */
interface TakesAway {
  readonly removes?: boolean;
}

const unsupported = (what: string): SyncError => new SyncError('UNSUPPORTED', `the preset does not say how to ${what}`);

/** What a record type can do, from what its preset configures. */
export const recordCapabilities = (type: RecordType & TakesAway): Capabilities => {
  const { by_id, by_key } = type.read;
  const { create, update, delete: remove, max } = type.write;
  return assembled(type.capabilities, {
    readById: by_id !== undefined,
    readByKey: by_key !== undefined,
    readBatch: Math.min(by_id?.max ?? Number.POSITIVE_INFINITY, by_key?.max ?? Number.POSITIVE_INFINITY, 1000),
    feed:
      type.changes === undefined ? undefined : { grainMs: type.changes.grain_ms, overlapMs: type.changes.overlap_ms },
    create: create !== undefined,
    update: update !== undefined,
    delete: remove !== undefined,
    writeBatch: max,
    removes: type.removes ?? removable(type.lists),
  });
};

/** One record type, compiled. */
const createRecord = (name: string, type: RecordType, world: World, ask: Ask) => {
  const rows = createRows(name, type);
  const { by_id, by_key } = type.read;
  const reading = (way: 'id' | 'key', shape: typeof by_id): ReadMany =>
    shape === undefined
      ? async () => {
          throw unsupported(`read ${name} by ${way}`);
        }
      : createReading(name, way, shape, rows, world, ask);
  const byId = reading('id', by_id);
  const byKey =
    by_key?.only_id === undefined
      ? reading('key', by_key)
      : createSearch(name, { ...by_key, only_id: by_key.only_id }, world, byId);
  const guarded = type.capabilities.guard === 'version';
  return {
    capabilities: recordCapabilities(type),
    list: createList(createPages(name, type.list, rows, world, ask), rows),
    changes:
      type.changes === undefined
        ? undefined
        : createFeed(type.changes, type.zone, createPages(name, type.changes, rows, world, ask), rows),
    byId,
    byKey,
    write: createListWrites(type.lists, guarded, byId, createWrites(type, rows, world)),
    describe: type.describe === undefined ? undefined : createDescribing(name, type.describe, world, ask),
  };
};
type CompiledRecord = ReturnType<typeof createRecord>;

const createCheck = (preset: Assembled, world: World, ask: Ask, records: ReadonlyMap<string, CompiledRecord>) => {
  const prepare = compileRequest(preset.check.request, world);
  const whoOf = preset.check.who === undefined ? () => undefined : compilePath(preset.check.who);
  return async (call: Call) => {
    const reply = await ask('the check', prepare({}), call);
    const who = textOf(whoOf(reply.json())) ?? preset.system;
    const warnings: string[] = [];
    for (const [name, record] of records) {
      try {
        await record.list({ cursor: '', limit: 1 }, call);
      } catch (error) {
        if (!(error instanceof SyncError) || error.recovery === 'pause') throw error;
        warnings.push(`${name} cannot be listed: ${error.message}`);
      }
    }
    return { who, warnings };
  };
};

/** Makes the connector of a connection. Nothing is sent before the first call. */
export const assemble = (preset: Assembled, world: World, input: Pick<EngineInput, 'settings' | 'read'>): Connector => {
  const ask = createAsk(world);
  const records = new Map(
    Object.entries(preset.records).map(([name, type]) => [name, createRecord(name, type, world, ask)]),
  );
  const asked = Object.entries(preset.questions ?? {});
  const questions = new Map(asked.map(([name, shape]) => [name, createQuestion(name, shape, world, ask)]));
  const answerable = Object.fromEntries(asked.map(([name, shape]) => [name, questionCapabilities(shape)]));
  const of = (name: string): CompiledRecord => {
    const record = records.get(name);
    if (record === undefined && questions.has(name)) throw unsupported(`treat the question ${name} as a record`);
    if (record === undefined)
      throw new SyncError(
        'CONFIG_INVALID',
        `${presetFile(input.settings)} has no record "${name}"; use one of ${[...records.keys()].join(', ')}`,
      );
    return record;
  };
  return {
    capabilities: {
      ...Object.fromEntries([...records].map(([name, record]) => [name, record.capabilities])),
      ...answerable,
    },
    check: createCheck(preset, world, ask, records),
    describe: async (name, call) => {
      const question = answerable[name];
      if (question !== undefined)
        return { record: name, fields: (await describedFields(name, input)) ?? [], capabilities: question };
      const { capabilities, describe } = of(name);
      const fields = describe === undefined ? await describedFields(name, input) : await describe(call);
      return { record: name, fields: fields ?? [], capabilities };
    },
    changes: async (name, request, call) => {
      const { changes } = of(name);
      if (changes === undefined) throw unsupported(`read changes of ${name}`);
      return changes(request, call);
    },
    list: async (name, request, call) => of(name).list(request, call),
    read: async (name, by, call): Promise<readonly ReadAnswer[]> => {
      if (!('ids' in by)) return of(name).byKey(by.keys, call);
      return (questions.get(name) ?? of(name).byId)(by.ids, call);
    },
    write: async (name, items: readonly WriteItem[], call) => of(name).write(items, call),
    close: async () => world.http.close(),
  };
};
