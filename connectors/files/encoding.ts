/** Bytes to characters and back, without guessing and without losing one. */
import { SyncError } from '../../src/domain/errors.ts';

/** Encodings that a file may be in. */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1254',
  'iso-8859-2',
  'iso-8859-15',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-kr',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Those with one byte for each character, which can also be written. */
const SINGLE: ReadonlySet<Encoding> = new Set([
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1254',
  'iso-8859-2',
  'iso-8859-15',
]);

/** True when texts can be written in it. */
export const isWritable = (encoding: Encoding): boolean => encoding.startsWith('utf-') || SINGLE.has(encoding);

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

const markOf = (bytes: Buffer): Encoding | undefined =>
  MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0];

const refuse = (message: string): SyncError => new SyncError('UNDECODABLE', message, { class: 'validation' });

const wholeText = (bytes: Buffer, encoding: Encoding): string | undefined => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** The row in which the first bytes stand that are no character; for people, so a row too many does no harm. */
const rowOfFault = (bytes: Buffer, encoding: Encoding): number => {
  let [low, high] = [0, bytes.length];
  const unit = encoding.startsWith('utf-16') ? 2 : 1;
  while (high - low > unit) {
    const middle = low + Math.ceil((high - low) / 2 / unit) * unit;
    const decoder = new TextDecoder(encoding, { fatal: true });
    let good = true;
    try {
      decoder.decode(bytes.subarray(0, middle), { stream: true });
    } catch {
      good = false;
    }
    if (good) low = middle;
    else high = middle - unit;
  }
  let row = 1;
  for (let at = 0; at < low; at += 1) if (bytes[at] === 0x0a) row += 1;
  return row;
};

const hasHighBytes = (bytes: Buffer): boolean => bytes.some((byte) => byte >= 0x80);

/** The text of a file; UNDECODABLE with the reason when it is not in this encoding. */
export const decodeText = (bytes: Buffer, encoding: Encoding): string => {
  const mark = markOf(bytes);
  if (mark !== undefined && mark !== encoding)
    throw refuse(`the file begins with the mark of ${mark}, but ${encoding} is configured`);
  const text = wholeText(bytes, encoding);
  if (text === undefined)
    throw refuse(
      `row ${rowOfFault(bytes, encoding)} has bytes that are no ${encoding}; correct the file or its encoding`,
    );
  if (text.includes('\0'))
    throw refuse(`the file has zero bytes, as UTF-16 or a binary file has them, but ${encoding} is configured`);
  // Text in a one-byte encoding that happens to be whole UTF-8 does not occur; the other way round spoils every umlaut.
  if (SINGLE.has(encoding) && hasHighBytes(bytes) && wholeText(bytes, 'utf-8') !== undefined)
    throw refuse(`the file is in utf-8, but ${encoding} is configured`);
  return text;
};

const tables = new Map<Encoding, ReadonlyMap<string, number>>();
const tableOf = (encoding: Encoding): ReadonlyMap<string, number> => {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  const characters = [...new TextDecoder(encoding).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))];
  const made = new Map(characters.map((character, byte) => [character, byte]));
  tables.set(encoding, made);
  return made;
};

/** The first character that the encoding has no bytes for. */
export const unwritable = (text: string, encoding: Encoding): string | undefined => {
  if (!text.isWellFormed()) return 'half a character';
  if (!SINGLE.has(encoding)) return undefined;
  const table = tableOf(encoding);
  return [...text].find((character) => !table.has(character));
};

/** The bytes of a text that has no unwritable character. */
export const encodeText = (text: string, encoding: Encoding, mark: boolean): Buffer => {
  const marked = mark && encoding.startsWith('utf-') ? `\ufeff${text}` : text;
  if (encoding === 'utf-16le') return Buffer.from(marked, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(marked, 'utf16le').swap16();
  if (!SINGLE.has(encoding)) return Buffer.from(marked, 'utf8');
  const table = tableOf(encoding);
  return Buffer.from([...marked].map((character) => table.get(character) ?? 0x3f));
};
