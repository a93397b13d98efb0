/** The shipped customer mapping with one mistake in it. */
import { type Compilation, compileMappings } from '../../src/mapping/compile.ts';
import { shippedFiles } from './kit.ts';

const shipped = shippedFiles();

/** The file that is broken unless another is named. */
export const CUSTOMER = 'mappings/customer.yaml';

/** Compile what we ship with `find` replaced; the text must be there, or the test would test nothing. */
export const broken = (find: string, put: string, file = CUSTOMER): Compilation => {
  const text = shipped[file] ?? '';
  if (!text.includes(find)) throw new Error(`${file} does not say ${find}`);
  return compileMappings(
    { ...shipped, [file]: text.replace(find, put) },
    { connections: ['crm', 'erp', 'tryton', 'warehouse'] },
  );
};

/** The line of the customer mapping where a text stands. */
export const lineOf = (text: string): number =>
  (shipped[CUSTOMER] ?? '').split('\n').findIndex((line) => line.includes(text)) + 1;
