/** A Tryton made of recorded replies, for tests: sessions, searches by fixture, and writes that the test answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type Answer, startFake } from './fake-http.ts';
import { connectTo } from './preset.ts';

/** A recorded reply, as an answer of the fake. */
export const fixture = (name: string): { readonly status: number; readonly json?: unknown; readonly text?: string } => {
  const text = readFileSync(join(import.meta.dirname, '../../connectors/tryton/fixtures', `${name}.json`), 'utf8');
  const { status, body } = JSON.parse(text) as { status: number; body: unknown };
  return typeof body === 'string' ? { status, text: body } : { status, json: body };
};

/** The rows of a recorded search. */
export const rowsOf = (name: string): JsonObject[] =>
  (fixture(name).json as { result: JsonObject[] }).result.map((row) => structuredClone(row) as JsonObject);

/** A reply with this result. */
export const result = (value: unknown): Answer => ({
  json: { id: 1, result: value },
  headers: { date: 'Wed, 25 Nov 2026 02:00:00 GMT' },
});

/** One call as it arrived. */
export interface Called {
  readonly method: string;
  readonly params: readonly Json[];
  readonly context: JsonObject;
  readonly authorization: string | undefined;
}

/** What the test answers; undefined leaves it to the recorded replies. */
export type Script = (called: Called) => Answer | undefined;

const recorded = ({ method, params }: Called): Answer => {
  switch (method) {
    case 'common.db.login':
      return fixture('login');
    case 'model.res.user.get_preferences':
      return fixture('preferences');
    case 'model.ir.lang.search_read':
      return fixture('languages');
    case 'model.country.country.search_read':
      return result([{ id: 3, code: 'DE' }]);
    case 'model.party.category.search_read':
      return result([{ id: 1, name: 'Customer' }]);
    case 'model.account.invoice.payment_term.search_read':
      return result([{ id: 3, name: 'Net 30' }]);
    case 'model.party.party.search_read':
      return JSON.stringify(params[0]).includes('identifiers.code') ? fixture('no-parties') : result(rowsOf('parties'));
    default:
      return result(null);
  }
};

/** The reply with the number of the request that it answers, unless the test made another of it. */
const numbered = (answer: Answer, number: Json | undefined): Answer => {
  if (typeof answer === 'function' || answer.json === undefined) return answer;
  const body = answer.json as JsonObject;
  return isObject(body) && body['id'] === 1 ? { ...answer, json: { ...body, id: number } } : answer;
};

/** Starts one, with a connector of the shipped preset for it. It ends with the test. */
export const aTryton = async (
  script: Script = () => undefined,
): Promise<{ readonly connector: Connector; readonly calls: Called[] }> => {
  const calls: Called[] = [];
  const fake = await startFake((asked) => {
    const body = parseJson(asked.body) as unknown as { id: number; method: string; params: Json[] };
    const context = body.params.at(-1);
    const called: Called = {
      method: body.method,
      params: body.params,
      context: context !== undefined && isObject(context) ? context : {},
      authorization: asked.headers.authorization,
    };
    calls.push(called);
    return numbered(script(called) ?? recorded(called), body.id);
  });
  const settings = { database: 'demo', user: 'tally', password: 'a-password' };
  return { connector: connectTo('tryton', fake.url, { settings }), calls };
};
