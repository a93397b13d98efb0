/** Which characters a document may hold, and in which encoding it says they are. */

const DECLARATION = /^<\?xml\s+version\s*=\s*["']1\.\d["'](?:\s+encoding\s*=\s*["']([\w.-]+)["'])?[^?<>]*\?>/;
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** The first character that XML cannot hold, as `U+0000`; undefined when there is none. */
export const illegalIn = (text: string): string | undefined => {
  const found = ILLEGAL.exec(text)?.[0];
  return found === undefined
    ? undefined
    : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
};

/** The encoding that a document says it is in, in lower case; undefined when it says nothing. */
export const declaredEncoding = (text: string): string | undefined => DECLARATION.exec(text)?.[1]?.toLowerCase();
