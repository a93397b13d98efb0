/**
 * XML, read strictly and little of it: elements, attributes, text, CDATA, comments, the five entities that every document
 * has and character numbers. A document type is refused unread, so nothing expands and nothing is fetched.
 */
import { unusable } from './problem.ts';

/** One step through a document. Names have no prefix. */
export type XmlEvent =
  | { readonly open: string; readonly attributes: ReadonlyMap<string, string>; readonly at: number }
  | { readonly close: string }
  | { readonly text: string };

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const NAME = /[A-Za-z_\u0080-\uffff][\w.\-:\u0080-\uffff]*/y;
const SPACE = /\s*/y;
const MOST_ATTRIBUTES = 1000;

const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

const lineOf = (text: string, at: number): number => {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
};

/** Walks a document. UNDECODABLE, with its line, where it is not well formed or goes too deep. */
export function* readXml(text: string, depth: number): Generator<XmlEvent> {
  const open: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let roots = 0;
  const bad = (why: string) => unusable(`line ${lineOf(text, at)} ${why}`);
  const until = (end: string, what: string): string => {
    const found = text.indexOf(end, at);
    if (found === -1) throw bad(`begins ${what} that never ends; the file is cut off`);
    const inside = text.slice(at, found);
    at = found + end.length;
    return inside;
  };
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const decoded = (raw: string): string =>
    raw.includes('&')
      ? raw.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
          const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name);
          const code =
            number === null
              ? undefined
              : Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16);
          const character =
            code === undefined ? NAMED[name] : isCharacter(code) ? String.fromCodePoint(code) : undefined;
          if (character === undefined || !whole.endsWith(';'))
            throw bad(`has "&${name}", which stands for no character here`);
          return character;
        })
      : raw;
  const local = (name: string): string => name.slice(name.indexOf(':') + 1);
  const attributesOf = (): ReadonlyMap<string, string> => {
    const attributes = new Map<string, string>();
    for (;;) {
      const space = take(SPACE);
      const next = text[at];
      if (next === '>' || next === '/' || next === undefined) return attributes;
      const name = take(NAME);
      take(SPACE);
      if (name === '' || space === '' || text[at] !== '=') throw bad('has a tag that is not well formed');
      at += 1;
      take(SPACE);
      const quote = text[at];
      if (quote !== '"' && quote !== "'") throw bad(`has the attribute "${name}" without quotes`);
      at += 1;
      const raw = until(quote, `the attribute "${name}"`);
      if (raw.includes('<')) throw bad(`has "<" in the attribute "${name}"`);
      if (attributes.has(name)) throw bad(`has the attribute "${name}" twice`);
      if (attributes.size >= MOST_ATTRIBUTES) throw bad(`has more than ${MOST_ATTRIBUTES} attributes in one tag`);
      attributes.set(name, decoded(raw));
    }
  };
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = text.indexOf('<', at);
      const raw = text.slice(at, end === -1 ? text.length : end);
      if (open.length === 0 && raw.trim() !== '') throw bad('has text outside the root element');
      if (open.length > 0) yield { text: decoded(raw) };
      at += raw.length;
      continue;
    }
    if (text.startsWith('<!--', at)) {
      at += 4;
      until('-->', 'a comment');
    } else if (text.startsWith('<![CDATA[', at)) {
      at += 9;
      const raw = until(']]>', 'a CDATA section');
      if (open.length === 0) throw bad('has text outside the root element');
      yield { text: raw };
    } else if (text.startsWith('<?', at)) {
      at += 2;
      until('?>', 'an instruction');
    } else if (text.startsWith('<!', at)) throw bad('has a document type; deliver the file without one');
    else if (text[at + 1] === '/') {
      at += 2;
      const name = take(NAME);
      take(SPACE);
      const opened = open.pop();
      if (text[at] !== '>' || opened !== name) throw bad(`closes "${name}" where "${opened ?? 'nothing'}" is open`);
      at += 1;
      yield { close: local(name) };
    } else {
      at += 1;
      const started = at;
      const name = take(NAME);
      if (name === '') throw bad('has "<" where no tag begins');
      if (open.length === 0 && roots++ > 0) throw bad('has a second root element');
      if (open.length >= depth) throw bad(`is more than ${depth} elements deep`);
      const attributes = attributesOf();
      const empty = text[at] === '/';
      if (empty) at += 1;
      if (text[at] !== '>') throw bad(`has the tag "${name}" that never ends; the file is cut off`);
      at += 1;
      yield { open: local(name), attributes, at: started };
      if (empty) yield { close: local(name) };
      else open.push(name);
    }
  }
  if (open.length > 0) throw bad(`ends while "${open.at(-1)}" is open; the file is cut off`);
  if (roots === 0) throw unusable('the file has no element');
}
