/** XML documents to rows: each element at a path is a record, and what is inside it are its columns. */

import { breathing } from './breath.ts';
import type { Column } from './column.ts';
import { unusable } from './problem.ts';
import type { Limits, XmlFormat } from './schema.ts';
import { nameOf, type Raw } from './table.ts';
import { readXml } from './xml.ts';

type Columns = Readonly<Record<string, Column>>;

interface Draft {
  readonly row: number;
  readonly values: Map<string, string>;
  readonly twice: Set<string>;
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Every element at the configured path. Row numbers count these elements from 1. */
export const rowsOfXml = async (
  text: string,
  { row, depth }: XmlFormat,
  columns: Columns,
  limits: Limits,
): Promise<readonly Raw[]> => {
  const wanted = Object.entries(columns).map(([field, column]) => [field, nameOf(field, column)] as const);
  const names = new Set(wanted.map(([, name]) => name));
  const target = row;
  const path: string[] = [];
  const texts: string[] = [];
  const rows: Raw[] = [];
  let draft: Draft | undefined;
  let within = '';
  const put = (name: string, value: string): void => {
    if (draft === undefined || !names.has(name)) return;
    if (draft.values.has(name)) draft.twice.add(name);
    draft.values.set(name, value);
  };
  const relative = (): string => path.slice(target.split('/').length).join('/');
  const finished = ({ row: number, values, twice }: Draft): Raw => {
    const [again] = twice;
    return {
      row: number,
      // A missing element is nothing; an empty one is an empty text.
      value: (field) => values.get(nameOf(field, columns[field])) ?? null,
      text: JSON.stringify(Object.fromEntries(values)),
      ...(again === undefined ? {} : { problem: `has "${again}" more than once` }),
    };
  };
  const breathe = breathing(20_000);
  for (const event of readXml(text, depth)) {
    const pause = breathe();
    if (pause !== undefined) await pause;
    if ('open' in event) {
      path.push(event.open);
      texts.push('');
      within = path.join('/');
      if (within === target) {
        if (rows.length >= limits.rows)
          throw unusable(`the file has more than ${limits.rows} rows; raise limits.rows or deliver it in parts`);
        draft = { row: rows.length + 1, values: new Map(), twice: new Set() };
      }
      const below = relative();
      for (const [name, value] of event.attributes)
        put(below === '' ? `@${local(name)}` : `${below}/@${local(name)}`, value);
    } else if ('close' in event) {
      within = path.join('/');
      if (draft !== undefined && within !== target) put(relative(), texts.at(-1) ?? '');
      if (draft !== undefined && within === target) {
        rows.push(finished(draft));
        draft = undefined;
      }
      path.pop();
      texts.pop();
    } else if (draft !== undefined) {
      texts[texts.length - 1] = `${texts.at(-1) ?? ''}${event.text}`;
      if ((texts.at(-1)?.length ?? 0) > limits.row_bytes)
        throw unusable(`record ${draft.row} has a text longer than ${limits.row_bytes} characters`);
    }
  }
  return rows;
};
