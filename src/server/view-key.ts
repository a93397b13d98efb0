/** What a view is asked by, as a request says it: the first part in the address, the others by their names. */
import { SyncError } from '../domain/errors.ts';
import { Fault } from '../mapping/fault.ts';
import type { View } from '../mapping/view.ts';
import { keyText } from '../mapping/view-key.ts';

/** What is asked for: one text by which the ledger knows it, and the parts as they were understood. */
export interface AskedKey {
  readonly key: string;
  readonly parts?: Readonly<Record<string, string>>;
}

// As long as a text may be by which the ledger finds something again.
const LONGEST_BYTES = 1_000;

/** The key of a request, or BAD_REQUEST naming the part that is missing or wrong. */
export const keyOf = (view: View, first: string, others: Readonly<Record<string, string>>): AskedKey => {
  const { name, parts } = view;
  const [head] = parts ?? [];
  const known = (parts ?? []).slice(1).map((part) => part.name);
  const unknown = Object.keys(others).find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw new SyncError('UNKNOWN_FIELD', `the view "${name}" is not asked by "${unknown}"`, { field: unknown });
  if (parts === undefined || head === undefined) return { key: first };
  const given: Readonly<Record<string, string>> = { ...others, [head.name]: first };
  const said: Record<string, string> = {};
  for (const part of parts) {
    const text = given[part.name];
    if (text === undefined && part.optional) continue;
    const field = part.name;
    if (text === undefined)
      throw new SyncError('BAD_REQUEST', `the view "${name}" is asked by ${field}, too: add ${field}=…`, { field });
    const value = part.read(text);
    const wrong = value instanceof Fault ? value : part.write(value);
    if (wrong instanceof Fault) throw new SyncError('BAD_REQUEST', `${field}: ${wrong.message}`, { field });
    said[field] = value as string;
  }
  const key = keyText(said);
  if (Buffer.byteLength(key) > LONGEST_BYTES)
    throw new SyncError('BAD_REQUEST', `what the view "${name}" is asked by is longer than ${LONGEST_BYTES} bytes`);
  return { key, parts: said };
};
