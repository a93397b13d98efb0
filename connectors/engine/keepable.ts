/** Texts by which a ledger finds records again: PostgreSQL takes no NUL and no half character, and an index no long ones. */
import type { NativeRecord } from '../sdk/seam.ts';

const LONGEST_BYTES = 1_000;

/** Can an id, a version or a reference be kept as it is? */
export const isKeepable = (text: string): boolean =>
  text.length <= LONGEST_BYTES &&
  !text.includes('\u0000') &&
  text.isWellFormed() &&
  Buffer.byteLength(text) <= LONGEST_BYTES;

/** Why a record cannot be kept, naming the part and not its value; undefined when it can. */
export const unkeepable = (name: string, { id, version, reference }: NativeRecord): string | undefined => {
  const [part] =
    Object.entries({ id, version, reference }).find(([, text]) => text !== undefined && !isKeepable(text)) ?? [];
  return part === undefined
    ? undefined
    : `the ${part} of a row of ${name} has a character that cannot be kept, or more than ${LONGEST_BYTES} bytes`;
};
