/** The parts of a ZIP archive, unpacked within limits. Read from the directory at its end, so a cut-off archive is none. */
import { crc32, inflateRawSync } from 'node:zlib';
import { unusable } from './problem.ts';

interface Part {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const MOST_PARTS = 2_000;
// Sheets of a workbook pack 10 to 30 times; far beyond that somebody wants to fill the memory.
const MOST_RATIO = 200;
const RATIO_FROM = 1_048_576;

const endOf = (bytes: Buffer): number => {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 65_557); at -= 1)
    if (bytes.readUInt32LE(at) === END) return at;
  throw unusable('the workbook is cut off, or is none: its directory is missing');
};

const partsOf = (bytes: Buffer): readonly Part[] => {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count > MOST_PARTS) throw unusable(`the workbook has ${count} parts, more than ${MOST_PARTS}`);
  const parts: Part[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== ENTRY) throw unusable('the directory of the workbook is broken');
    const flags = bytes.readUInt16LE(at + 8);
    if ((flags & 1) !== 0) throw unusable('the workbook is encrypted; deliver it without a password');
    const [nameLength, extra, comment] = [
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
    ];
    parts.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extra + comment;
  }
  return parts;
};

/** Opens an archive. What is unpacked in all stays below `most` bytes. */
export const openZip = (bytes: Buffer, most: number): ((name: string) => string | undefined) => {
  if (bytes.length < 22) throw unusable('the file is too short for a workbook');
  const parts = new Map(partsOf(bytes).map((part) => [part.name.toLowerCase(), part]));
  let left = most;
  const content = ({ method, packed, size, offset, crc, name }: Part): Buffer => {
    if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== LOCAL)
      throw unusable(`the part ${name} of the workbook is broken`);
    if (size > left || (size > RATIO_FROM && size > packed * MOST_RATIO))
      throw unusable(
        `the part ${name} unpacks to ${size} bytes, more than is allowed; raise limits.unpacked_bytes only if you know the file`,
      );
    const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
    const raw = bytes.subarray(from, from + packed);
    if (raw.length !== packed) throw unusable(`the part ${name} of the workbook is cut off`);
    if (method !== 0 && method !== 8) throw unusable(`the part ${name} is packed in a way that workbooks are not`);
    const unpacked = method === 0 ? raw : inflated(raw, size, name);
    if (unpacked.length !== size || crc32(unpacked) !== crc)
      throw unusable(`the part ${name} of the workbook is broken: its checksum is wrong`);
    left -= size;
    return unpacked;
  };
  return (name) => {
    const part = parts.get(name.toLowerCase());
    return part === undefined ? undefined : content(part).toString('utf8');
  };
};

const inflated = (raw: Buffer, size: number, name: string): Buffer => {
  try {
    // The declared size is not believed: one byte more ends it.
    return inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw unusable(`the part ${name} of the workbook is broken, or larger than it says`);
  }
};
