/**
 * XML, read strictly and little of it: elements, attributes, text, CDATA, comments, the five entities that every document
 * has and character numbers. A document type is refused unread, so nothing expands and nothing is fetched.
 */
import { unusable } from './problem.ts';
import { createScanner, decoded, type Scanner } from './xml-scan.ts';

/** One step through a document. Names have no prefix. */
export type XmlEvent =
  | { readonly open: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly close: string }
  | { readonly text: string };

const NAME = /[A-Za-z_\u0080-\uffff][\w.\-:\u0080-\uffff]*/y;
const SPACE = /\s*/y;
const MOST_ATTRIBUTES = 1000;

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

const attributeIn = (scan: Scanner): readonly [name: string, value: string] => {
  const name = scan.take(NAME);
  scan.take(SPACE);
  if (name === '' || scan.next() !== '=') throw scan.bad('has a tag that is not well formed');
  scan.skip(1);
  scan.take(SPACE);
  const quote = scan.next();
  if (quote !== '"' && quote !== "'") throw scan.bad(`has the attribute "${name}" without quotes`);
  scan.skip(1);
  const raw = scan.until(quote, `the attribute "${name}"`);
  if (raw.includes('<')) throw scan.bad(`has "<" in the attribute "${name}"`);
  return [name, decoded(raw, scan)];
};

const attributesIn = (scan: Scanner): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>();
  for (;;) {
    const space = scan.take(SPACE);
    const next = scan.next();
    if (next === '>' || next === '/' || next === undefined) return attributes;
    if (space === '') throw scan.bad('has a tag that is not well formed');
    const [name, value] = attributeIn(scan);
    if (attributes.has(name)) throw scan.bad(`has the attribute "${name}" twice`);
    if (attributes.size >= MOST_ATTRIBUTES) throw scan.bad(`has more than ${MOST_ATTRIBUTES} attributes in one tag`);
    attributes.set(name, value);
  }
};

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly empty: boolean;
}

const tagIn = (scan: Scanner): Tag => {
  scan.skip(1);
  const name = scan.take(NAME);
  if (name === '') throw scan.bad('has "<" where no tag begins');
  const attributes = attributesIn(scan);
  const empty = scan.next() === '/';
  if (empty) scan.skip(1);
  if (scan.next() !== '>') throw scan.bad(`has the tag "${name}" that never ends; the file is cut off`);
  scan.skip(1);
  return { name, attributes, empty };
};

const endTagIn = (scan: Scanner, opened: string | undefined): void => {
  scan.skip(2);
  const name = scan.take(NAME);
  scan.take(SPACE);
  if (scan.next() !== '>' || opened !== name) throw scan.bad(`closes "${name}" where "${opened ?? 'nothing'}" is open`);
  scan.skip(1);
};

/** Comments and instructions are passed over; a document type ends it. */
const passed = (scan: Scanner): boolean => {
  if (scan.starts('<!--')) {
    scan.skip(4);
    scan.until('-->', 'a comment');
    return true;
  }
  if (scan.starts('<?')) {
    scan.until('?>', 'an instruction');
    return true;
  }
  if (scan.starts('<!') && !scan.starts('<![CDATA['))
    throw scan.bad('has a document type; deliver the file without one');
  return false;
};

/** The text from here to the next tag; undefined where a tag begins. */
const textIn = (scan: Scanner): string | undefined => {
  if (scan.starts('<![CDATA[')) {
    scan.skip(9);
    return scan.until(']]>', 'a CDATA section');
  }
  return scan.next() === '<' ? undefined : decoded(scan.upTo('<'), scan);
};

/** Walks a document. UNDECODABLE, with its line, where it is not well formed or goes too deep. */
export function* readXml(text: string, depth: number): Generator<XmlEvent> {
  const scan = createScanner(text);
  const open: string[] = [];
  let rooted = false;
  while (!scan.ended()) {
    if (passed(scan)) continue;
    const inside = textIn(scan);
    if (inside !== undefined) {
      if (open.length > 0) yield { text: inside };
      else if (inside.trim() !== '') throw scan.bad('has text outside the root element');
      continue;
    }
    if (scan.starts('</')) {
      const opened = open.pop();
      endTagIn(scan, opened);
      yield { close: local(opened ?? '') };
      continue;
    }
    if (open.length === 0 && rooted) throw scan.bad('has a second root element');
    if (open.length >= depth) throw scan.bad(`is more than ${depth} elements deep`);
    rooted = true;
    const { name, attributes, empty } = tagIn(scan);
    yield { open: local(name), attributes };
    if (empty) yield { close: local(name) };
    else open.push(name);
  }
  if (open.length > 0) throw scan.bad(`ends while "${open.at(-1)}" is open; the file is cut off`);
  if (!rooted) throw unusable('the file has no element');
}
