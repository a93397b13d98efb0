/** The interview about a system that writes files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { draftFiles, filesSettings } from '../../../connectors/draft/files.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Io } from '../io.ts';
import { answer, type Flags, referencesFor, sampleBytes } from './answers.ts';
import type { Interviewed, Place } from './interviewed.ts';
import { type Trial, type TrialRead, tryReading } from './trial.ts';

const LINES = 6;
const WIDTH = 100;

/** The engine reads the sample as it will read the folder: in a folder of its own that is gone afterwards. */
const readIn = async (trial: Trial, name: string, bytes: Buffer): Promise<TrialRead> => {
  const root = mkdtempSync(join(tmpdir(), 'tally-sample-'));
  try {
    await mkdir(join(root, 'in'));
    await writeFile(join(root, 'in', name), bytes);
    const { settings: _settings, sign_in: _signIn, ...preset } = trial.preset as JsonObject;
    const type = (preset['records'] as JsonObject)[trial.record] as JsonObject;
    // Nobody writes to it any more.
    const whole = { ...type, in: { ...(type['in'] as JsonObject), ready: { by: 'rename' } } };
    return await tryReading({
      ...trial,
      byFeed: true,
      preset: { ...preset, records: { [trial.record]: whole } },
      entry: { connector: trial.name, url: `folder:${root}` },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

/** Asks what the flags leave open, and makes the draft of the sample. */
export const interviewFiles = async (io: Io, flags: Flags, address: string, place: Place): Promise<Interviewed> => {
  const record = await answer(io, flags.record, {
    flag: '--record',
    question: 'What is one record called, as in Partner?',
  });
  const file = await answer(io, flags.sample, { flag: '--sample', question: 'One of its files:' });
  const bytes = await sampleBytes(file);
  const all =
    flags.whole ??
    (await answer(io, undefined, {
      flag: '--whole',
      question: 'Does each file hold all records, so that whoever is missing is gone? (yes/no)',
      fallback: 'no',
    }));
  const sftp = address.startsWith('sftp:');
  const name = basename(file);
  const draft = draftFiles({
    system: flags.system ?? place.name,
    record,
    name,
    bytes,
    id: flags.id,
    whole: all === true || /^y(es)?$/i.test(all),
    sftp,
  });
  const lines = bytes.toString('latin1').split('\n').slice(0, LINES);
  return {
    draft,
    address,
    settings: referencesFor(place.name, filesSettings(sftp), flags.setting),
    allow: [],
    source: `${name}, ${new Date(io.now()).toISOString().slice(0, 10)}`,
    beside: {},
    shown: lines.map((line) => `${line.trimEnd().slice(0, WIDTH)}\n`).join(''),
    from: 'the sample',
    tried: (trial) => readIn(trial, name, bytes),
  };
};
