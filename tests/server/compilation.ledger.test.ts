import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { storeRevision } from '../../src/config/store.ts';
import { followCompilation } from '../../src/server/compilation.ts';
import { inWorld } from './world.ts';

test('a stored revision whose mapping names no connection is said with place and remedy', () =>
  inWorld(async ({ db }) => {
    const files = await readConfigFiles(join(import.meta.dirname, '../../tallystick.yaml'));
    await storeRevision(db, { author: 'ada', files });
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const good = await followCompilation(db, quiet);
    expect([...good.current().mappings.keys()]).toEqual(['customer']);
    good.stop();
    const text = files['mappings/customer.yaml'] ?? '';
    const bad = { ...files, 'mappings/customer.yaml': text.replace('connection: erp', 'connection: epr') };
    await storeRevision(db, { author: 'ada', files: bad });
    const { current, stop } = await followCompilation(db, quiet);
    stop();
    expect(current().problems).toMatchObject([
      { file: 'mappings/customer.yaml', rule: 'unknown-connection', remedy: 'Did you mean "erp"?' },
    ]);
  }));
