/** Texts by which a ledger finds records again: PostgreSQL takes no NUL and no half character, and an index no long ones. */
import type { NativeRecord } from '../sdk/seam.ts';

const LONGEST_BYTES = 1_000;

const isPlain = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

/** Can an id or a reference be kept as it is, and found by it? */
export const isKeepable = (text: string): boolean =>
  text.length <= LONGEST_BYTES && isPlain(text) && Buffer.byteLength(text) <= LONGEST_BYTES;

/** Why a record cannot be kept, naming the part and not its value; undefined when it can. A version is only compared: it may be long. */
export const unkeepable = (name: string, { id, version, reference }: NativeRecord): string | undefined => {
  if (version !== undefined && !isPlain(version))
    return `the version of a row of ${name} has a character that cannot be kept`;
  const part = isKeepable(id) ? (reference === undefined || isKeepable(reference) ? undefined : 'reference') : 'id';
  return part === undefined
    ? undefined
    : `the ${part} of a row of ${name} has a character that cannot be kept, or more than ${LONGEST_BYTES} bytes`;
};
