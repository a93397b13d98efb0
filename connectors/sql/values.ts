/** What an item of a write binds: the columns that it names, or the parameters of a declared statement. */
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { getPath, type Path, parsePath, pathOf, projector } from '../../src/mapping/path.ts';
import type { WriteItem } from '../sdk/seam.ts';
import type { Bound, Column } from './dialect.ts';
import type { RecordType } from './schema.ts';
import type { Shape, Source } from './source.ts';
import { partsOf } from './statement.ts';
import { encoded } from './value.ts';

/** A statement ready to be run. */
export interface Ready {
  readonly text: string;
  readonly values: readonly Bound[];
}

interface Field {
  readonly path: Path;
  readonly column: string;
  readonly readOnly: boolean;
}

const refused = (message: string): SyncError =>
  new SyncError('BAD_VALUE', message, { unsent: true, class: 'validation' });

const fieldsOf = (type: RecordType): readonly Field[] =>
  Object.entries(type.columns).map(([path, column]) => ({
    path: pathOf(path),
    column: typeof column === 'string' ? column : column.column,
    readOnly: typeof column !== 'string' && column.read_only,
  }));

/** A value and the column that takes it. */
export interface Given {
  readonly column: string;
  readonly value: Json;
}

/** The columns that a document names. BAD_VALUE when it names one that is not written, or none of ours. */
export const createGiven = (source: Source) => {
  const { name, type } = source;
  const fields = fieldsOf(type);
  const known = projector(fields.map(({ path }) => path));
  return (data: JsonObject): readonly Given[] => {
    if (!sameJson(known(data), data))
      throw refused(
        `the record names a field for which "records.${name}.columns" has no column; add one, or leave it out of the mapping`,
      );
    return fields.flatMap(({ path, column, readOnly }) => {
      const value = getPath(data, path);
      if (value === undefined) return [];
      if (readOnly) throw refused(`${column} is read-only and cannot be written; leave it out of the mapping`);
      return [{ column, value }];
    });
  };
};

/** A value as a column takes it; as text where the column is not one that is read. */
export const bindTo = (source: Source, shape: Shape, column: string, value: Json): Bound => {
  const described: Pick<Column, 'name' | 'kind'> = shape.get(column) ?? { name: column, kind: 'unknown' };
  return encoded(source.base.dialect, value, described, source.type.zone);
};

/** What a parameter of a statement may be called. */
export const isParameter = (name: string, of: { readonly id: boolean; readonly data: boolean }): boolean => {
  if (name === 'key' || ((name === 'id' || name === 'version') && of.id)) return true;
  const [, path] = /^(?:data|given)\.(.+)$/.exec(name) ?? [];
  return of.data && path !== undefined && parsePath(path) !== undefined;
};

/** Compiles a declared statement: item in, text with numbered places and their values out. */
export const createStatement = (source: Source, statement: string) => {
  const parts = partsOf(statement);
  const columnAt = new Map(
    Object.entries(source.type.columns).map(([path, column]) => [
      path,
      typeof column === 'string' ? column : column.column,
    ]),
  );
  const { id, version, reference } = source.type;
  const valueFor = (name: string, item: WriteItem): readonly [column: string | undefined, value: Json] => {
    if (name === 'id') return [id, item.id ?? null];
    if (name === 'key') return [reference, item.idempotencyKey];
    if (name === 'version') return [version, item.expectVersion ?? null];
    const path = name.replace(/^(?:data|given)\./, '');
    const value = getPath(item.data, pathOf(path));
    return name.startsWith('given.') ? [undefined, value !== undefined] : [columnAt.get(path), value ?? null];
  };
  return (item: WriteItem, shape: Shape): Ready => {
    const { dialect } = source.base;
    const values: Bound[] = [];
    const text = parts.map((part) => {
      if ('text' in part) return part.text;
      const [column, value] = valueFor(part.name, item);
      const kind = part.name.startsWith('given.') ? 'boolean' : (shape.get(column ?? '')?.kind ?? 'unknown');
      values.push(encoded(dialect, value, { name: column ?? part.name, kind }, source.type.zone));
      return dialect.place(values.length, kind);
    });
    return { text: text.join(''), values };
  };
};
