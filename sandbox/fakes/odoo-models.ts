/** The models of Odoo's fake: partners, products, and what they refer to. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Ask } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { createRecords, type Records } from './system.ts';

/** An exception of the server, by its name. */
export class OdooError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

type Kind = 'char' | 'boolean' | 'float' | 'datetime' | readonly ['many2one' | 'many2many', string];
interface Model {
  readonly record?: string;
  readonly fields: Readonly<Record<string, Kind>>;
  readonly rows?: readonly Doc[];
}

const chars = (names: string): Readonly<Record<string, Kind>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, 'char'] as const));

const MODELS: Readonly<Record<string, Model>> = {
  'res.partner': {
    record: 'partner',
    fields: {
      ...chars('name type ref vat email phone website street street2 zip city lang function comment x_tally_key'),
      is_company: 'boolean',
      active: 'boolean',
      partner_latitude: 'float',
      country_id: ['many2one', 'res.country'],
      category_id: ['many2many', 'res.partner.category'],
      write_date: 'datetime',
    },
  },
  'product.product': {
    record: 'product',
    fields: {
      ...chars('name type default_code barcode description_sale x_tally_key'),
      active: 'boolean',
      ...{ list_price: 'float', standard_price: 'float', weight: 'float' },
      uom_id: ['many2one', 'uom.uom'],
      categ_id: ['many2one', 'product.category'],
      write_date: 'datetime',
    },
  },
  'res.country': {
    fields: chars('name code'),
    rows: [
      { id: 57, name: 'Germany', code: 'DE' },
      { id: 12, name: 'Austria', code: 'AT' },
    ],
  },
  'res.partner.category': {
    fields: chars('name'),
    rows: [
      { id: 1, name: 'Customer' },
      { id: 2, name: 'Press' },
    ],
  },
  'uom.uom': {
    fields: chars('name'),
    rows: [
      { id: 1, name: 'Units' },
      { id: 3, name: 'kg' },
    ],
  },
  'product.category': { fields: chars('name complete_name'), rows: [{ id: 1, name: 'All', complete_name: 'All' }] },
};

const modelOf = (name: string): Model => {
  const model = MODELS[name];
  if (model === undefined) throw new OdooError('builtins.KeyError', name);
  return model;
};
const stampOf = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

const OPERATORS: Readonly<Record<string, (own: Value, asked: Value) => boolean>> = {
  '=': (own, asked) => own === asked,
  '>': (own, asked) => Number(own) > Number(asked),
  '>=': (own, asked) => String(own) >= String(asked),
  in: (own, asked) => Array.isArray(asked) && (asked as readonly Value[]).includes(own),
};
const holds = (doc: Doc, condition: Value, model: Model): boolean => {
  const [field = '', operator = '', value = null] = condition as readonly [string, string, Value];
  if (field !== 'id' && !Object.hasOwn(model.fields, field))
    throw new OdooError('builtins.ValueError', `Invalid field ${field} in leaf`);
  return OPERATORS[operator]?.(doc[field] ?? false, value) === true;
};

const nameOf = (model: string, id: Value): string =>
  String((modelOf(model).rows ?? []).find((row) => row['id'] === id)?.['name'] ?? '');
/** How a value is read: false for nothing, a pair for one record, ids for several. */
const shown = (kind: Kind | undefined, value: Value | undefined): Value => {
  if (Array.isArray(kind) && kind[0] === 'many2one')
    return value === undefined || value === false ? false : [value, nameOf(String(kind[1]), value)];
  if (Array.isArray(kind)) return value ?? [];
  return value ?? (kind === 'float' ? 0 : false);
};

/** How a value is kept. A list of commands adds or replaces. */
const kept = (kind: Kind, value: Value, old: Value | undefined): Value => {
  if (Array.isArray(kind) && kind[0] === 'many2many') {
    const commands = Array.isArray(value) ? (value as readonly (readonly Value[])[]) : [];
    const ids = new Set(Array.isArray(old) ? (old as readonly Value[]) : []);
    for (const [command, id] of commands) if (command === 4) ids.add(id ?? null);
    return [...ids];
  }
  // A float is a double there.
  if (kind === 'float') return value === false || value === null ? 0 : Number(String(value));
  return value ?? false;
};

const values = (model: Model, name: string, wanted: Doc, old: Doc): Doc => {
  const changed = Object.entries(wanted).map(([field, value]): readonly [string, Value] => {
    const kind = model.fields[field];
    if (kind === undefined) throw new OdooError('builtins.ValueError', `Invalid field '${field}' on model '${name}'`);
    return [field, kept(kind, value, old[field])];
  });
  const doc: Doc = { ...old, ...Object.fromEntries(changed) };
  if (!doc['name']) throw new OdooError('odoo.exceptions.ValidationError', 'Contacts require a name');
  const tax = doc['vat'];
  if (typeof tax === 'string' && /^DE\d{0,8}$/.test(tax))
    throw new OdooError('odoo.exceptions.ValidationError', `The VAT number [${tax}] does not seem to be valid`);
  return doc;
};

/** The models' methods. Each throws an {@link OdooError}, after which nothing of the call was done. */
export interface Models {
  search(model: string, domain: readonly Value[], options: Doc): Value;
  create(model: string, list: readonly Doc[], ask: Ask): Value;
  write(model: string, ids: readonly number[], wanted: Doc, ask: Ask): Value;
  unlink(model: string, ids: readonly number[], ask: Ask): Value;
}

const padded = (id: number): string => String(id).padStart(10, '0');

/** Models over a store. */
export const createModels = (store: Store): Models => {
  const tables = new Map<string, Records>();
  const of = (name: string): { readonly model: Model; readonly records: Records } => {
    const model = modelOf(name);
    const records = tables.get(name) ?? createRecords(store, model.record ?? 'partner_category');
    tables.set(name, records);
    return { model, records };
  };
  const rowOf = (name: string, id: number): Row => {
    const row = of(name).records.find(padded(id));
    if (row !== undefined) return row;
    throw new OdooError('odoo.exceptions.MissingError', 'Record does not exist or has been deleted.');
  };
  const save = (name: string, id: number, doc: Doc, ask: Ask): void => {
    const stamp = stampOf(store.now());
    of(name).records.save(padded(id), stamp, null, { ...doc, id, write_date: stamp }, ask);
  };
  return {
    search: (name, domain, options) => {
      const { model, records } = of(name);
      const asked = (Array.isArray(options['fields']) ? options['fields'] : []) as readonly string[];
      const unknown = asked.find((field) => field !== 'id' && !Object.hasOwn(model.fields, field));
      if (unknown !== undefined) throw new OdooError('builtins.ValueError', `Invalid field '${unknown}' on '${name}'`);
      const context = isDoc(options['context'] ?? null) ? (options['context'] as Doc) : {};
      const all = model.rows ?? records.all().map((row) => records.doc(row));
      return all
        .filter((doc) => context['active_test'] === false || doc['active'] !== false)
        .filter((doc) => domain.every((condition) => holds(doc, condition, model)))
        .slice(0, Number(options['limit'] ?? Number.POSITIVE_INFINITY))
        .map((doc) => ({
          id: doc['id'] ?? 0,
          ...Object.fromEntries(
            asked.filter((field) => field !== 'id').map((field) => [field, shown(model.fields[field], doc[field])]),
          ),
        }));
    },
    create: (name, list, ask) => {
      const { model, records } = of(name);
      const docs = list.map((wanted) => values(model, name, wanted, { active: true }));
      let last = records.changed().length + 40;
      return docs.map((doc) => {
        last += 1;
        save(name, last, doc, ask);
        return last;
      });
    },
    write: (name, ids, wanted, ask) => {
      const { model, records } = of(name);
      const docs = ids.map((id) => [id, values(model, name, wanted, records.doc(rowOf(name, id)))] as const);
      for (const [id, doc] of docs) save(name, id, doc, ask);
      return true;
    },
    unlink: (name, ids, ask) => {
      for (const row of ids.map((id) => rowOf(name, id))) of(name).records.remove(row, stampOf(store.now()), ask);
      return true;
    },
  };
};
