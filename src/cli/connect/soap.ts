/** The interview about a system with a WSDL. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hostsBeside, settingsOf } from '../../../connectors/draft/rest.ts';
import { askWsdl } from '../../../connectors/draft/sample.ts';
import { draftSoap } from '../../../connectors/draft/soap.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Io } from '../io.ts';
import { table } from '../text.ts';
import { answer, authAnswer, type Flags, lookedUp, placesIn, referencesFor } from './answers.ts';
import type { Interviewed, Place } from './interviewed.ts';
import { tryReading } from './trial.ts';

/** A WSDL on this machine, with the schemas that lie beside it. */
const filesBeside = async (path: string): Promise<Readonly<Record<string, string>>> => {
  if (!existsSync(path))
    throw new SyncError(
      'BAD_REQUEST',
      `--wsdl: ${path} is not there; give a file, or a path below the address that begins with /`,
    );
  const folder = dirname(path);
  const own = basename(path).replace(/(\.wsdl)?$/, '.wsdl');
  const parts = (await readdir(folder)).filter(
    (name) => (name.endsWith('.xsd') || name === 'bundle.json' || name.endsWith('.wsdl')) && name !== basename(path),
  );
  const entries = [
    [`wsdl/${own}`, path] as const,
    ...parts.map((name) => [`wsdl/${name}`, join(folder, name)] as const),
  ];
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, from]) => [name, await readFile(from, 'utf8')] as const)),
  );
};

/** `listPartners`, or with what its message holds: `listPartners?active=true`. */
const operationIn = (text: string | undefined) => {
  if (text === undefined) return undefined;
  const [operation = '', search = ''] = text.split('?');
  return { operation, message: Object.fromEntries(new URLSearchParams(search)) };
};

/** Asks what the flags leave open, gets the WSDL, and makes the draft. */
export const interviewSoap = async (io: Io, flags: Flags, address: string, place: Place): Promise<Interviewed> => {
  const wsdl = flags.wsdl ?? '';
  const record = await answer(io, flags.record, {
    flag: '--record',
    question: 'What is one record called, as in Partner?',
  });
  const endpoint = await answer(io, flags.endpoint, {
    flag: '--endpoint',
    question: 'At which path are messages taken, as in /soap/partners?',
  });
  const auth = await authAnswer(io, flags);
  const settings = referencesFor(place.name, settingsOf(auth), flags.setting);
  const allow = hostsBeside(address, ['tokenPath' in auth ? auth.tokenPath : undefined]);
  const asked = wsdl.startsWith('/') && !existsSync(wsdl);
  const url = /^(env|file):/.test(address) && asked ? place.secret(address) : address;
  const files = asked
    ? await askWsdl({
        ...place,
        address: url,
        auth,
        allow,
        path: wsdl,
        values: lookedUp(settings, place),
        signal: io.signal,
      })
    : await filesBeside(wsdl);
  const draft = await draftSoap({
    system: flags.system ?? place.name,
    record,
    auth,
    endpoint,
    list: operationIn(flags.list),
    places: placesIn(flags),
    files,
    ...(flags.port === undefined ? {} : { port: flags.port }),
    from: asked ? wsdl : undefined,
  });
  return {
    draft,
    address,
    settings,
    allow,
    source: `the WSDL ${basename(wsdl)}, ${new Date(io.now()).toISOString().slice(0, 10)}`,
    beside: files,
    shown: table(
      ['field', 'type'],
      draft.fields.map(({ path, type }) => [path, type]),
    ),
    from: 'the system',
    // A file on this machine says nothing of whether the system can be reached from it.
    tried: async (trial) => (asked ? tryReading(trial) : undefined),
  };
};
