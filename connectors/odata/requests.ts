/** Requests made of what the common machinery asks for. What a reply is about goes with its request to the door. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { bodyTemplate, queryTemplate, type Values } from '../engine/template.ts';
import type { Prepared } from '../rest/request.ts';
import type { RequestShape } from '../rest/schema.ts';
import { type Entity, predicateOf } from './entity.ts';
import { changesFilter, idsFilter, keysFilter, listFilter, orderOf, shapeOf, written } from './query.ts';
import type { ODataPreset } from './schema.ts';
import { ACTS, type Act } from './translate.ts';

/** One record to write, as the common machinery gives it. */
export interface Item {
  readonly id?: string;
  readonly key: string;
  readonly version?: string;
  readonly data: JsonObject;
}

/** What a request asks, for whoever reads its reply. */
export type Ask =
  | { readonly kind: 'rows'; readonly entity: Entity; readonly whole: boolean }
  | { readonly kind: 'one'; readonly entity: Entity }
  /** Asked for by an id that no record of this type can have: nothing needs to be sent. */
  | { readonly kind: 'nobody' }
  | {
      readonly kind: 'write';
      readonly entity: Entity;
      readonly act: 'create' | 'update' | 'delete';
      readonly items: readonly Item[];
      readonly batched: boolean;
    };

/** A request with its question. */
export type Asking = Prepared & { readonly ask?: Ask };

/** The parameters of every request, with the connection's settings in them. */
export const commonQuery = (
  { query }: Pick<ODataPreset, 'query'>,
  values: Values,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(query).map(([name, text]) => [name, queryTemplate(text)(values)]));

const textIn = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return value === undefined ? undefined : String(value);
};
const textsIn = (values: Values, name: string): readonly string[] =>
  (values[name] as readonly string[] | undefined) ?? [];

type Options = Readonly<Record<string, string | undefined>>;

/** How many rows are asked for: by number where we count or know the key, by a preference where the service leads on. */
const pageOptions = ({ type }: Entity, values: Values): Options => {
  if (type.paging === 'link') return {};
  const offset = textIn(values, 'offset');
  return { $top: textIn(values, 'limit'), $skip: offset === '0' ? undefined : offset };
};

const optionsOf = (entity: Entity, act: Act, values: Values): Options => {
  const shape = shapeOf(entity);
  const after = textIn(values, 'after');
  switch (act) {
    case 'list':
      return {
        ...shape,
        $filter: listFilter(entity, after),
        $orderby: orderOf(entity, 'key'),
        ...pageOptions(entity, values),
      };
    case 'changes': {
      const { changes } = entity.type;
      const by = changes?.strategy === 'timestamp' ? changes.order : 'key';
      const filter = changesFilter(entity, textIn(values, 'since') ?? '', after);
      return { ...shape, $filter: filter, $orderby: orderOf(entity, by), ...pageOptions(entity, values) };
    }
    case 'ids':
      return { ...shape, $filter: idsFilter(entity, textsIn(values, 'ids')) };
    case 'keys':
      return { ...shape, $filter: keysFilter(entity, textsIn(values, 'keys')) };
    default:
      return shape;
  }
};

const itemOf = (value: Json): Item => value as unknown as Item;

const itemsIn = (body: Json): readonly Item[] => {
  const listed = isObject(body) ? body['items'] : undefined;
  return Array.isArray(listed) ? (listed as readonly Json[]).map(itemOf) : [itemOf(body)];
};

const addressed = (entity: Entity, id: string): string | undefined => {
  try {
    return `(${predicateOf(entity, id)})`;
  } catch (error) {
    if (error instanceof SyncError && error.facts.class === 'not-found') return undefined;
    throw error;
  }
};

interface Materials {
  readonly preset: ODataPreset;
  readonly entities: ReadonlyMap<string, Entity>;
  readonly values: Values;
  readonly headers: Readonly<Record<string, string>>;
  /** Refuses an item that no request can hold, before anything is sent. */
  readonly test: (entity: Entity, act: 'create' | 'update' | 'delete', item: Item) => void;
}

/** Makes requests of shapes. BAD_VALUE for what cannot stand where it should. */
export const createCompile = ({ preset, entities, values: settings, headers, test }: Materials) => {
  const common = commonQuery(preset, settings);
  const format = preset.version === 'v2' ? { $format: 'json' } : {};
  const entityNamed = (name: string): Entity => {
    const entity = entities.get(name);
    if (entity === undefined) throw new SyncError('INTERNAL', `there is no record ${name}`);
    return entity;
  };
  return (shape: RequestShape): ((own: Values) => Prepared) => {
    const [, name = '', act] = shape.path.split('/') as [string, string, Act];
    if (!ACTS.includes(act)) {
      const path = `${preset.check.path}${written(common)}`;
      return () => ({ method: 'GET', path, headers });
    }
    const entity = entityNamed(name);
    if (act === 'create' || act === 'update' || act === 'delete') {
      const make = bodyTemplate((shape.body ?? {}) as Json);
      return (own): Asking => {
        const items = itemsIn(make({ ...settings, ...own }) as Json);
        for (const item of items) test(entity, act, item);
        const ask: Ask = { kind: 'write', entity, act, items, batched: preset.batch !== undefined };
        const body = { text: stringifyJson(items), type: 'application/json' };
        return { method: 'POST', path: `/${entity.set}`, headers, body, ask };
      };
    }
    return (own): Asking => {
      const at = act === 'one' ? addressed(entity, String(own['id'] ?? '')) : '';
      if (at === undefined) return { method: 'GET', path: `/${entity.set}`, headers, ask: { kind: 'nobody' } };
      const path = `/${entity.set}${at}${written({ ...optionsOf(entity, act, own), ...format, ...common })}`;
      const prefer =
        entity.type.paging === 'link' && (act === 'list' || act === 'changes') && preset.version === 'v4'
          ? { prefer: `odata.maxpagesize=${String(own['limit'])}` }
          : {};
      const ask: Ask =
        act === 'one' ? { kind: 'one', entity } : { kind: 'rows', entity, whole: act === 'ids' || act === 'keys' };
      return { method: 'GET', path, headers: { ...headers, ...prefer }, ask };
    };
  };
};
