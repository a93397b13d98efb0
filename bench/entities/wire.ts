/** What a record type's calls look like, as its connector declares them: the bare loop speaks the same protocol as the product. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** A document of one of the systems. */
export type Doc = Readonly<Record<string, unknown>>;

/** One kind of write, and the template of its items. */
interface Call {
  readonly request: { readonly path: string };
  readonly item: Doc;
  readonly results: string;
  readonly status: string;
  readonly done: readonly { readonly status: readonly unknown[] }[];
}
interface Declared {
  readonly list: {
    readonly request: { readonly path: string; readonly query: Readonly<Record<string, string>> };
    readonly rows: string;
    readonly paging: { readonly next: string; readonly page_size: number };
  };
  readonly write: { readonly max: number; readonly create: Call; readonly update: Call };
}

/** One record type of a sandbox system. */
export interface Wire extends Declared {
  /** What the system's own ledger calls it. */
  readonly kind: string;
  /** Paths that the system alone fills. */
  readonly readOnly: ReadonlySet<string>;
}

const ROOT = new URL('../../connectors/', import.meta.url);
const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), 'utf8');

// The key of a create travels beside the document.
const REFERENCES = ['external_id', 'reference'];

/** How a record type of `sandbox-crm` or `sandbox-erp` is listed and written. */
export const wireOf = (connector: string, record: string): Wire => {
  const { records } = parse(textOf(`${connector}/connector.yaml`)) as {
    readonly records: Readonly<Record<string, Declared>>;
  };
  const declared = records[record];
  if (declared === undefined) throw new Error(`${connector} has no record type ${record}`);
  const { fields } = JSON.parse(textOf(`${connector}/schema/${record}.json`)) as {
    readonly fields: readonly { readonly path: string; readonly readOnly?: boolean }[];
  };
  return {
    ...declared,
    kind: (declared.list.request.path.split('/').at(-1) ?? '').replace(/s$/, ''),
    readOnly: new Set(
      fields.flatMap(({ path, readOnly }) => (readOnly === true ? [path.replaceAll('[]', '')] : [])).concat(REFERENCES),
    ),
  };
};

/** Where a page is read; the first one has the cursor ''. */
export const pagePath = ({ list: { request, paging } }: Wire, cursor: string): string => {
  const words: Readonly<Record<string, string>> = { '{limit}': String(paging.page_size), '{cursor}': cursor };
  const query = Object.entries(request.query).flatMap(([name, word]) => {
    const value = words[word] ?? word;
    return value === '' ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return `${request.path}?${query.join('&')}`;
};

/** An item as it is sent: what its template names and we have, without a guard. */
export const itemOf = (template: Doc, words: Readonly<Record<string, unknown>>): Doc =>
  Object.fromEntries(
    Object.entries(template).flatMap(([name, word]) => {
      const value = words[String(word).slice(1, -1)];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const isDoc = (value: unknown): value is Doc => typeof value === 'object' && value !== null && !Array.isArray(value);
const empty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** What of a document anybody but the system itself may have written: nothing empty, nothing that only the system fills. */
export const writable = (body: Doc, readOnly: ReadonlySet<string>, at = ''): Doc =>
  Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => {
      const path = `${at}${name}`;
      if (empty(value) || readOnly.has(path)) return [];
      if (Array.isArray(value))
        return [[name, value.map((row: unknown) => (isDoc(row) ? writable(row, readOnly, `${path}.`) : row))]];
      return [[name, isDoc(value) ? writable(value, readOnly, `${path}.`) : value]];
    }),
  );
