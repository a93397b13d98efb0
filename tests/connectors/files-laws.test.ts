/** The laws of connectors on files in a folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { connectFiles, presetWith } from './files-kit.ts';

const TYPE = (format: Record<string, unknown>): Json =>
  ({
    format,
    columns: {
      number: { at: 1, width: 40 },
      ref: { at: 41, width: 40 },
      name: { at: 81, width: 60, max: 60 },
      limit: { at: 141, width: 30, type: 'decimal', pad: 'left' },
      note: { at: 171, width: 20 },
    },
    id: 'number',
    out: { name: 'partners-{no}', key: 'ref', max: 50 },
  }) as Json;

const open = (format: Record<string, unknown>) => async (): Promise<ConformanceWorld> => {
  const root = mkdtempSync(join(tmpdir(), 'tally-files-'));
  return {
    record: 'Partner',
    connect: () => connectFiles(`folder:${root}`, presetWith(TYPE(format))),
    draft: (name) => ({ name }),
    change: (name) => ({ note: name }),
    refused: { name: 'x'.repeat(61) },
    decimal: (name, digits) => ({ name, limit: parseJson(digits) }),
    readDecimal: (body) => body['limit'],
    empties: (name) => ({ name, limit: null, note: '' }),
    readEmpties: (body) => [body['limit'], body['note']],
    strike: async () => {
      throw new Error('a folder has no line that could be cut');
    },
    secrets: [],
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
};

const skip = [
  {
    law: 5,
    reason:
      'a folder of this machine asks for no credentials, and asks nobody to wait; its failures have tests of their own',
  },
  { law: 6, reason: 'a folder of this machine has no line that could be cut; over SFTP the law is kept' },
  { law: 7, reason: 'files send no webhooks, so nothing is verified' },
  { law: 8, reason: 'a folder of this machine has no secret; over SFTP the law is kept' },
] as const;

conformance('CSV in a folder', open({ kind: 'csv' }), { skip });
conformance('JSON lines in a folder', open({ kind: 'json_lines' }), { skip });
conformance('Lines of fixed width in a folder', open({ kind: 'fixed' }), { skip });
conformance('XML in a folder', open({ kind: 'xml', row: 'partners/partner' }), { skip });
