/**
 * The change feed by delta links (V4): a first walk through everything, then only what changed, deletes too. The service
 * keeps the place; we keep its link. A service that gives none is refused: there is nothing to go on with.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { followed, type Trail, trailOf } from '../engine/trail.ts';
import type { Ask } from '../rest/request.ts';
import type { Rows } from '../rest/rows.ts';
import type { Call, Change, ChangePage, ReadAnswer } from '../sdk/seam.ts';
import { relinked } from './door.ts';
import { type Entity, idOf, toBody } from './entity.ts';
import { shapeOf, written } from './query.ts';
import { idInAddress } from './results.ts';

interface Place {
  readonly at: string;
  readonly trail?: Trail | undefined;
}

const placeOf = (cursor: string): Place | undefined => {
  if (cursor === '') return { at: '' };
  try {
    const read = parseJson(cursor);
    if (!isObject(read) || read['v'] !== 'delta-1' || typeof read['at'] !== 'string') return undefined;
    return { at: read['at'], trail: trailOf(read['trail']) };
  } catch {
    return undefined;
  }
};

const cursorOf = (place: Place): string => JSON.stringify({ v: 'delta-1', ...place });

const LOST: ChangePage = { changes: [], next: '', more: false, gap: 'cursor-expired' };

const textAt = (row: JsonObject, name: string): string | undefined => {
  const value = Object.hasOwn(row, name) ? row[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** 4.01 marks a removed entity, 4.0 names its context; both give its address, some services its key alone. */
const removedId = (entity: Entity, row: JsonObject): string | undefined | false => {
  const marked = Object.hasOwn(row, '@removed') || Object.hasOwn(row, '@odata.removed');
  if (!marked && !/\/?\$deletedEntity$/.test(textAt(row, '@odata.context') ?? '')) return false;
  const address = textAt(row, '@id') ?? textAt(row, '@odata.id') ?? textAt(row, 'id');
  const bare = address !== undefined && !/[/()]/.test(address) && entity.keys.length === 1 ? address : undefined;
  return idOf(entity.keys, row) ?? idInAddress(entity, address) ?? bare;
};

interface Parts {
  readonly entity: Entity;
  readonly rows: Rows;
  readonly ask: Ask;
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly common: Readonly<Record<string, string | undefined>>;
  /** Reads records whole; a change may name only the properties that changed. */
  readonly read: (ids: readonly string[], call: Call) => Promise<readonly ReadAnswer[]>;
}

/** The changes of a page, partial ones read whole. A record that is gone by then shows as deleted on a later page. */
const completed = async (
  { entity, rows, read }: Parts,
  list: readonly Json[],
  call: Call,
): Promise<readonly Change[]> => {
  const changes: (Change | string)[] = list.map((row) => {
    const removed = isObject(row) ? removedId(entity, row) : false;
    if (removed === undefined)
      return { op: 'undecodable', raw: JSON.stringify(row), problem: 'a removed entity has no id' };
    if (removed !== false) return { op: 'delete', id: removed };
    const change = rows.change(toBody(entity, row));
    const whole = !isObject(row) || entity.fields.every(([name]) => Object.hasOwn(row, name));
    return whole || change.op !== 'upsert' ? change : change.record.id;
  });
  const partial = changes.filter((change) => typeof change === 'string');
  const answers = partial.length === 0 ? [] : await read(partial, call);
  const found = new Map(partial.map((id, index) => [id, answers[index]]));
  return changes.flatMap((change): readonly Change[] => {
    if (typeof change !== 'string') return [change];
    const answer = found.get(change);
    if (answer !== undefined && 'error' in answer)
      throw new SyncError('TARGET_UNAVAILABLE', `a changed ${entity.name} cannot be read: ${answer.error.message}`);
    return answer !== undefined && 'found' in answer ? answer.found.map((record) => ({ op: 'upsert', record })) : [];
  });
};

/** The seam's `changes`, by delta links. */
export const createDelta = (parts: Parts, pageSize: number) => {
  const { entity, ask, baseUrl, headers, common } = parts;
  const what = `changes of ${entity.name}`;
  const start = `/${entity.set}${written({ $select: shapeOf(entity)['$select'], ...common })}`;
  return async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ChangePage> => {
    const place = placeOf(request.cursor);
    if (place === undefined) return LOST;
    const size = `odata.maxpagesize=${Math.min(request.limit, pageSize)}`;
    const prefer = place.at === '' ? `odata.track-changes,${size}` : size;
    const asked = { method: 'GET' as const, path: place.at === '' ? start : place.at, headers: { ...headers, prefer } };
    let body: Json;
    try {
      const reply = await ask(what, asked, call, place.at === '' ? [] : [410]);
      if (reply.status === 410) return LOST;
      body = reply.json();
    } catch (error) {
      if (place.at !== '' && error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return LOST;
      throw error;
    }
    const list = isObject(body) ? body['value'] : undefined;
    if (!isObject(body) || !Array.isArray(list))
      throw new SyncError('PROTOCOL_ERROR', `${what} were answered without a list`);
    const next = textAt(body, '@odata.nextLink') ?? textAt(body, '@nextLink');
    const delta = textAt(body, '@odata.deltaLink') ?? textAt(body, '@deltaLink');
    const link = next ?? delta;
    if (link === undefined)
      throw new SyncError(
        'UNSUPPORTED',
        `${what}: the service gave no delta link, so it does not track them; use the strategy timestamp, or switch tracking on there`,
      );
    const at = relinked(link, baseUrl, entity.set);
    const changes = await completed(parts, list as readonly Json[], call);
    if (next === undefined) return { changes, next: cursorOf({ at }), more: false };
    const trail = followed(place.trail, place.at, at);
    return { changes, next: cursorOf({ at, trail }), more: true };
  };
};
