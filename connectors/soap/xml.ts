/**
 * XML 1.0 with namespaces, read strictly and within limits. There is no DTD and there are no entities but XML's own
 * five; CDATA is text; names are looked up in maps only, so no name has a meaning of its own.
 */
import { illegalIn } from './characters.ts';
import { type Namespaces, ROOT, type Scope, within } from './namespaces.ts';

/** An attribute of an element; `xmlns` declarations are no attributes. */
export interface Attribute {
  readonly ns: string;
  readonly name: string;
  readonly value: string;
}
/** An element with its own text (CDATA included) and its children, each in its order. */
export interface Element {
  readonly ns: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly children: readonly Element[];
  readonly text: string;
  /** The prefixes known here, for names that stand in values. */
  readonly scope: Scope;
}

/** How much one document may hold. */
export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
  readonly attributes: number;
}
/** The limits of every document that is read. */
export const XML_LIMITS: XmlLimits = { depth: 100, elements: 200_000, attributes: 64 };

/** Makes the error for what is wrong; `too-large` when it is only too much. */
export type Fail = (problem: string, kind: 'malformed' | 'too-large') => Error;

interface Open {
  readonly raw: string;
  readonly ns: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly children: Element[];
  readonly scope: Scope;
  text: string;
}

/** Prefix, name and value. */
type Given = readonly [string, string, string];
// Most elements have no attributes: their tag ends right after the name.
const BARE_END = new Set(['>', '/']);
const NO_ATTRIBUTES = { given: [], declared: new Map<string, string>() } as const;

const NAME = String.raw`[\p{L}_][\p{L}\p{N}\p{M}._\u00B7-]*`;
const QNAME = `(?:(${NAME}):)?(${NAME})`;
const OPENING = new RegExp(`<${QNAME}`, 'uy');
const CLOSING = new RegExp(`</(${NAME}(?::${NAME})?)\\s*>`, 'uy');
const ATTRIBUTE = new RegExp(`\\s+${QNAME}\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'uy');
const TAG_END = /\s*(\/?)>/y;
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/y;
const MEANT: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

class Reader {
  private readonly text: string;
  private readonly limits: XmlLimits;
  private readonly makeError: Fail;
  private at = 0;
  private count = 0;
  private readonly open: Open[] = [];
  private root: Element | undefined;

  constructor(text: string, limits: XmlLimits, fail: Fail) {
    this.text = text;
    this.limits = limits;
    this.makeError = fail;
  }

  private fail(problem: string, kind: 'malformed' | 'too-large' = 'malformed'): Error {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    return this.makeError(`${problem} (line ${line}, column ${this.at - before.lastIndexOf('\n')})`, kind);
  }

  read(): Element {
    while (this.at < this.text.length) this.step();
    const [unclosed] = this.open.splice(-1);
    if (unclosed !== undefined) throw this.fail(`it breaks off inside "${unclosed.raw}"`);
    if (this.root === undefined) throw this.fail('it has no element');
    return this.root;
  }

  private step(): void {
    const next = this.text.indexOf('<', this.at);
    const end = next < 0 ? this.text.length : next;
    if (end > this.at) this.addText(this.text.slice(this.at, end), true);
    this.at = end;
    if (next < 0) return;
    if (this.text.startsWith('</', next)) this.close();
    else if (this.text.startsWith('<!--', next)) this.passOver('<!--', '-->', 'a comment');
    else if (this.text.startsWith('<![CDATA[', next)) this.addText(this.passOver('<![CDATA[', ']]>', 'CDATA'), false);
    else if (this.text.startsWith('<?', next)) this.passOver('<?', '?>', 'an instruction');
    else if (this.text.startsWith('<!', next))
      throw this.fail('it has a DOCTYPE, which is refused: no document type, no entities');
    else this.openElement();
  }

  private passOver(begin: string, end: string, what: string): string {
    const from = this.at + begin.length;
    const to = this.text.indexOf(end, from);
    if (to < 0) throw this.fail(`it breaks off inside ${what}`);
    this.at = to + end.length;
    return this.text.slice(from, to);
  }

  private addText(raw: string, escaped: boolean): void {
    const element = this.open.at(-1);
    if (element === undefined) {
      if (!escaped || raw.trim() !== '') throw this.fail('it has text outside its element');
      return;
    }
    if (escaped && raw.includes(']]>')) throw this.fail('it has "]]>" outside CDATA');
    element.text += escaped ? this.meaning(raw) : raw;
  }

  /** Text with its references replaced. */
  private meaning(raw: string): string {
    let from = 0;
    let meant = '';
    for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
      REFERENCE.lastIndex = at;
      const found = REFERENCE.exec(raw);
      const [whole = '', decimal, hex, name] = found ?? [];
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
      const character = name !== undefined ? MEANT[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
      if (found === null || character === undefined || (name === undefined && illegalIn(character) !== undefined))
        throw this.fail(`it has a reference that means nothing: "${raw.slice(at, at + 20)}"`);
      meant += raw.slice(from, at) + character;
      from = at + whole.length;
    }
    return from === 0 ? raw : meant + raw.slice(from);
  }

  private openElement(): void {
    OPENING.lastIndex = this.at;
    const found = OPENING.exec(this.text);
    if (found === null) throw this.fail('it has a "<" that begins nothing');
    if (this.root !== undefined) throw this.fail('it has more than one element at its top');
    this.count += 1;
    if (this.count > this.limits.elements)
      throw this.fail(`it has more than ${this.limits.elements} elements`, 'too-large');
    if (this.open.length >= this.limits.depth)
      throw this.fail(`it is nested deeper than ${this.limits.depth} elements`);
    this.at += found[0].length;
    const { given, declared } = this.readAttributes();
    TAG_END.lastIndex = this.at;
    const end = TAG_END.exec(this.text);
    if (end === null) throw this.fail(`the tag of "${found[2]}" is malformed`);
    const scope = within(this.open.at(-1)?.scope ?? ROOT, declared);
    this.open.push({
      raw: found[0].slice(1),
      ns: this.namespaceOf(found[1] ?? '', scope),
      name: found[2] ?? '',
      attributes: this.qualified(given, scope),
      children: [],
      scope,
      text: '',
    });
    this.at += end[0].length;
    if (end[1] === '/') this.finish();
  }

  private readAttributes(): { given: readonly Given[]; declared: Namespaces } {
    if (BARE_END.has(this.text[this.at] ?? '')) return NO_ATTRIBUTES;
    const given: Given[] = [];
    const declared = new Map<string, string>();
    for (let count = 0; ; count += 1) {
      ATTRIBUTE.lastIndex = this.at;
      const found = ATTRIBUTE.exec(this.text);
      if (found === null) return { given, declared };
      if (count >= this.limits.attributes)
        throw this.fail(`an element has more than ${this.limits.attributes} attributes`);
      const [whole, prefix = '', name = '', double, single] = found;
      const value = this.meaning((double ?? single ?? '').replace(/[\t\n]/g, ' '));
      if (prefix === 'xmlns' || (prefix === '' && name === 'xmlns')) declared.set(prefix === '' ? '' : name, value);
      else given.push([prefix, name, value]);
      this.at += whole.length;
    }
  }

  private namespaceOf(prefix: string, scope: Scope): string {
    const ns = scope.find(prefix);
    if (ns === undefined) throw this.fail(`the prefix "${prefix}" stands for no namespace`);
    return ns;
  }

  private qualified(given: readonly Given[], scope: Scope): readonly Attribute[] {
    if (given.length === 0) return [];
    const seen = new Set<string>();
    return given.map(([prefix, name, value]) => {
      const ns = prefix === '' ? '' : this.namespaceOf(prefix, scope);
      if (seen.has(`${ns} ${name}`)) throw this.fail(`it has the attribute "${name}" twice`);
      seen.add(`${ns} ${name}`);
      return { ns, name, value };
    });
  }

  private close(): void {
    CLOSING.lastIndex = this.at;
    const found = CLOSING.exec(this.text);
    if (found === null) throw this.fail('an end tag is malformed');
    const element = this.open.at(-1);
    if (element === undefined || element.raw !== found[1])
      throw this.fail(`"</${found[1]}>" ends ${element === undefined ? 'nothing' : `"${element.raw}"`}`);
    this.at += found[0].length;
    this.finish();
  }

  private finish(): void {
    const element = this.open.pop();
    if (element === undefined) return;
    const parent = this.open.at(-1);
    if (parent === undefined) this.root = element;
    else parent.children.push(element);
  }
}

/** Reads a document; throws what `fail` makes of anything wrong with it. */
export const readXml = (source: string, fail: Fail, limits: XmlLimits = XML_LIMITS): Element => {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const illegal = illegalIn(text);
  if (illegal !== undefined) throw fail(`it has the character ${illegal}, which XML cannot hold`, 'malformed');
  return new Reader(text, limits, fail).read();
};

/** The first child of this name; undefined when there is none. */
export const childOf = (element: Element, ns: string, name: string): Element | undefined =>
  element.children.find((child) => child.name === name && child.ns === ns);

/** All children of this name. */
export const childrenOf = (element: Element, ns: string, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name && child.ns === ns);

/** The value of an attribute; without a namespace unless one is given. */
export const attributeOf = (element: Element, name: string, ns = ''): string | undefined =>
  element.attributes.find((one) => one.name === name && one.ns === ns)?.value;
