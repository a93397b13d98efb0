/**
 * Odoo, as the presets meet it, by both of its addresses: `execute_kw` in JSON-RPC with refusals in a 200, and JSON-2 with a
 * bearer key and a status. False for nothing, many2one as a pair, times in whole seconds of UTC, a list that is one transaction.
 */
import { type Doc, isDoc, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Store } from '../kit/store.ts';
import { createModels, type Models, OdooError } from './odoo-models.ts';
import { answer, bodyOf, startFake } from './system.ts';

/** The credentials that the fake takes. */
export const ODOO = { database: 'acme', user: 'tally@acme.example', api_key: 'an-api-key-of-nobody' } as const;
const UID = 7;

const listOf = (value: Value | undefined): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]) : [];
const docOf = (value: Value | undefined): Doc => (value !== undefined && isDoc(value) ? value : {});

/** A method by named arguments, as JSON-2 has them. */
const called = (models: Models, model: string, method: string, named: Doc, ask: Ask): Value => {
  const ids = listOf(named['ids']).map(Number);
  switch (method) {
    case 'context_get':
      return { lang: 'en_US', tz: 'Europe/Berlin', uid: UID };
    case 'search_read':
      return models.search(model, listOf(named['domain']), named);
    case 'create':
      return models.create(model, listOf(named['vals_list']).map(docOf), ask);
    case 'write':
      return models.write(model, ids, docOf(named['vals']), ask);
    case 'unlink':
      return models.unlink(model, ids, ask);
    default:
      throw new OdooError('builtins.AttributeError', `type object '${model}' has no attribute '${method}'`);
  }
};

/** The names of the arguments that `execute_kw` takes in their order. */
const POSITIONS: Readonly<Record<string, readonly string[]>> = {
  search_read: ['domain'],
  create: ['vals_list'],
  write: ['ids', 'vals'],
  unlink: ['ids'],
};

const executed = (models: Models, args: readonly Value[], ask: Ask): Value => {
  const [database, uid, key, model, method, positional, keywords] = args;
  if (database !== ODOO.database || uid !== UID || key !== ODOO.api_key)
    throw new OdooError('odoo.exceptions.AccessDenied', 'Access Denied');
  const names = POSITIONS[String(method)] ?? [];
  const given = Object.fromEntries(listOf(positional).map((value, index) => [names[index] ?? `extra${index}`, value]));
  return called(models, String(model), String(method), { ...given, ...docOf(keywords) }, ask);
};

const inRpc = (models: Models, ask: Ask): Answer => {
  const { id = null, params } = bodyOf(ask);
  const { service, method, args } = docOf(params);
  const given = listOf(args);
  const reply = (outcome: Doc): Answer => answer(200, { jsonrpc: '2.0', id, ...outcome });
  if (service === 'common' && method === 'authenticate') {
    const right = given[0] === ODOO.database && given[1] === ODOO.user && given[2] === ODOO.api_key;
    return reply({ result: right ? UID : false });
  }
  try {
    return reply({ result: executed(models, given, ask) });
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    const data = {
      name: error.kind,
      message: error.message,
      arguments: [error.message],
      context: {},
      debug: 'Traceback …',
    };
    return reply({ error: { code: 200, message: 'Odoo Server Error', data } });
  }
};

const STATUS: Readonly<Record<string, number>> = {
  'odoo.exceptions.ValidationError': 422,
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.MissingError': 404,
  'odoo.exceptions.AccessError': 403,
  'odoo.exceptions.AccessDenied': 401,
};
const refused2 = (kind: string, message: string): Answer =>
  answer(STATUS[kind] ?? 500, { name: kind, message, arguments: [message], context: {}, debug: 'Traceback …' });

const inJson2 = (models: Models, ask: Ask): Answer => {
  const [, model = '', method = ''] = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(decodeURIComponent(ask.path)) ?? [];
  if (ask.headers['x-odoo-database'] !== ODOO.database)
    return refused2('werkzeug.exceptions.NotFound', 'no such database');
  try {
    return answer(200, called(models, model, method, bodyOf(ask), ask));
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    return refused2(error.kind, error.message);
  }
};

const WRITES = /"method":"(?:create|write|unlink)"|"(?:create|write|unlink)",\[/;

const service = (store: Store): Service => {
  const models = createModels(store);
  return {
    actor: ({ path, headers }) =>
      path === '/jsonrpc' || headers.authorization === `bearer ${ODOO.api_key}` ? 'tally' : undefined,
    refuse: () => refused2('odoo.exceptions.AccessDenied', 'Invalid apikey'),
    writes: (_method, path, { body }) =>
      path === '/jsonrpc' ? WRITES.test(body) : /\/(create|write|unlink)$/.test(path),
    // What stands before Odoo says so in words of its own.
    problem: (_status, code, message) => text({ proxy: code, message }),
    answer: (ask) => {
      if (ask.path === '/jsonrpc') return inRpc(models, ask);
      return ask.path.startsWith('/json/2/') ? inJson2(models, ask) : answer(404, {});
    },
  };
};

/** Start Odoo's fake. */
export const startOdoo = (options?: StartOptions): Promise<Running> =>
  startFake({ name: 'odoo', records: ['partner', 'product', 'partner_category'], settings: {}, service }, options);
