/** XML that is written: elements, attributes and text, nothing else. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};
const escaped = (text: string): string => text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);

interface Branch {
  text?: string;
  readonly attributes: Map<string, string>;
  readonly children: Map<string, Branch>;
}

const branch = (): Branch => ({ attributes: new Map(), children: new Map() });

const grow = (root: Branch, path: string, text: string): void => {
  let at = root;
  for (const step of path.split('/')) {
    if (step.startsWith('@')) {
      at.attributes.set(step.slice(1), text);
      return;
    }
    const next = at.children.get(step) ?? branch();
    at.children.set(step, next);
    at = next;
  }
  at.text = text;
};

const written = (name: string, { text, attributes, children }: Branch): string => {
  const own = [...attributes].map(([key, value]) => ` ${key}="${escaped(value)}"`).join('');
  const inside = [escaped(text ?? ''), ...[...children].map(([child, each]) => written(child, each))].join('');
  return inside === '' ? `<${name}${own}/>` : `<${name}${own}>${inside}</${name}>`;
};

/** Writes documents whose records stand at a path of elements. A cell with nothing in it has no element. */
export const xmlDocument = (row: string) => {
  const steps = row.split('/');
  const name = steps.at(-1) ?? row;
  const around = steps.slice(0, -1);
  return {
    row: (cells: readonly (readonly [path: string, text: string | null])[]): string => {
      const root = branch();
      for (const [path, text] of cells) if (text !== null) grow(root, path, text);
      return written(name, root);
    },
    file: (rows: readonly string[]): string =>
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        ...around.map((each) => `<${each}>`),
        ...rows,
        ...around.toReversed().map((each) => `</${each}>`),
        '',
      ].join('\n'),
  };
};
