/** A place in an XML text that only moves forward, with the small pieces that are read there. */
import type { SyncError } from '../../src/domain/errors.ts';
import { unusable } from './problem.ts';

/** Reads on in a text. */
export interface Scanner {
  ended(): boolean;
  /** The character here. */
  next(): string | undefined;
  starts(what: string): boolean;
  skip(count: number): void;
  /** What the pattern (sticky) fits here; empty for nothing. */
  take(pattern: RegExp): string;
  /** Everything up to `end`, which is passed. `what` begins here and must end. */
  until(end: string, what: string): string;
  /** Everything up to a character, which is not passed, or to the end. */
  upTo(character: string): string;
  /** What is wrong, with its line. */
  bad(why: string): SyncError;
}

const lineOf = (text: string, at: number): number => {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
};

/** Begins at the first character. */
export const createScanner = (text: string): Scanner => {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const bad = (why: string): SyncError => unusable(`line ${lineOf(text, at)} ${why}`);
  return {
    ended: () => at >= text.length,
    next: () => text[at],
    starts: (what) => text.startsWith(what, at),
    skip: (count) => {
      at += count;
    },
    take: (pattern) => {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0] ?? '';
      at += found.length;
      return found;
    },
    until: (end, what) => {
      const found = text.indexOf(end, at);
      if (found === -1) throw bad(`begins ${what} that never ends; the file is cut off`);
      const inside = text.slice(at, found);
      at = found + end.length;
      return inside;
    },
    upTo: (character) => {
      const found = text.indexOf(character, at);
      const inside = text.slice(at, found === -1 ? text.length : found);
      at += inside.length;
      return inside;
    },
    bad,
  };
};

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

const characterOf = (name: string): string | undefined => {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
  if (hex === undefined && decimal === undefined) return Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return isCharacter(code) ? String.fromCodePoint(code) : undefined;
};

/** A text with its five entities and character numbers read; any other is refused. */
export const decoded = (raw: string, { bad }: Scanner): string =>
  raw.includes('&')
    ? raw.replace(/&([^;&]{0,12})(;?)/g, (_whole, name: string, end: string) => {
        const character = end === ';' ? characterOf(name) : undefined;
        if (character === undefined) throw bad(`has "&${name}", which stands for no character here`);
        return character;
      })
    : raw;
