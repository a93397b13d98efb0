/** The engine `soap`: any system with a WSDL, described by a connector.yaml. */
import { SyncError } from '../../src/domain/errors.ts';
import { describedFields } from '../engine/describe.ts';
import { createSentence, createSort } from '../engine/errors.ts';
import { withoutTwins } from '../engine/pages.ts';
import { type Engine, type EngineInput, invalidPreset, presetFile, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import { headerTemplate, type Values } from '../engine/template.ts';
import { type Assembled, assemble, recordCapabilities } from '../rest/assemble.ts';
import { openDoor } from '../rest/open.ts';
import type { World } from '../rest/request.ts';
import type { Http } from '../sdk/http.ts';
import type { Connector } from '../sdk/seam.ts';
import { readStored } from './contract.ts';
import { fieldsOf } from './describe.ts';
import { createSoapDoor, signalOf } from './door.ts';
import { presetProblems } from './lint.ts';
import { createCompile } from './messages.ts';
import { SoapPreset } from './schema.ts';
import type { Secured } from './security.ts';
import { asAssembled } from './translate.ts';
import type { Contract } from './wsdl.ts';

/** What a connection has before its contract is read. */
interface Ready {
  readonly input: EngineInput;
  readonly preset: SoapPreset;
  readonly given: Readonly<Record<string, string>>;
  readonly baseUrl: string;
  readonly http: Http;
  /** What must not be shown. */
  readonly secrets: () => readonly string[];
}

const createWorld = (
  { input, preset, given, baseUrl, http, secrets }: Ready,
  contract: Contract,
  secured: Secured,
): World => {
  const values = { settings: given };
  const headers = Object.entries(preset.headers ?? {}).map(
    ([name, text]) => [name, headerTemplate(text)(values) ?? ''] as const,
  );
  const file = presetFile(input.settings);
  const compile = createCompile({
    preset,
    contract,
    values,
    headers: Object.fromEntries(headers),
    fail: (problem) => invalidPreset(file, [`${file}: ${problem}`]),
  });
  return {
    http: createSoapDoor(http, preset, contract, secured),
    sort: createSort(preset.errors, createSentence(secrets)),
    refusal: preset.refusal,
    retryAfterHeader: preset.retry_after.toLowerCase(),
    headers: {},
    values,
    concurrency: input.settings.concurrency,
    requestBytes: preset.limits.request_bytes,
    baseUrl,
    compile,
    readRefusal: signalOf,
  };
};

/** Everything but the contract. */
const readyFor = (input: EngineInput, preset: SoapPreset): Ready => {
  const given = readSettings(preset.settings, input);
  const baseUrl = resolved(input.settings.url, input.secret);
  const secrets = createSecrets(
    Object.entries(given).flatMap(([name, value]) => (preset.settings[name]?.secret === true ? [value] : [])),
  );
  const http = openDoor(input, preset, { settings: given }, baseUrl, secrets.learn);
  return { input, preset, given, baseUrl, http, secrets: secrets.all };
};

/** Where nothing is said of security, or nothing is sent. */
const UNSIGNED: Secured = { header: () => '', sign: (xml) => xml };

/** Signing is loaded only where it is used; it would slow the start of every process. */
const securedBy = async ({ security }: SoapPreset, values: Values): Promise<Secured> =>
  security === undefined ? UNSIGNED : (await import('./security.ts')).createSecured(security, values);

const examine = async (input: EngineInput): Promise<readonly string[]> => {
  const preset = readCorrected(input, SoapPreset, presetProblems);
  const ready = readyFor(input, preset);
  try {
    const contract = await readStored(input, preset, ready.http).contract();
    assemble(asAssembled(preset), createWorld(ready, contract, UNSIGNED), input);
    return [];
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.facts.problems ?? [error.message];
  } finally {
    ready.http.close();
  }
};

const connect = (input: EngineInput): Connector => {
  const preset = readCorrected(input, SoapPreset, presetProblems);
  const ready = readyFor(input, preset);
  const { http, given } = ready;
  const translated: Assembled = asAssembled(preset);
  const stored = readStored(input, preset, http);

  const open = async (): Promise<Connector> => {
    const contract = await stored.contract();
    const secured = await securedBy(preset, { settings: given });
    return withoutTwins(assemble(translated, createWorld(ready, contract, secured), input));
  };
  let opening: Promise<Connector> | undefined;
  const opened = (): Promise<Connector> => {
    opening ??= open().catch((error: unknown) => {
      // A file that somebody corrects is read again at the next call.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const capabilities = Object.fromEntries(
    Object.entries(translated.records).map(([name, type]) => [name, recordCapabilities(type)]),
  );
  return {
    capabilities,
    check: async (call) => {
      const found = await (await opened()).check(call);
      return { ...found, warnings: [...found.warnings, ...(await stored.differences(call))] };
    },
    describe: async (name, call) => {
      const said = await (await opened()).describe(name, call);
      const type = preset.records[name];
      const kept = await describedFields(name, input);
      return kept !== undefined || type === undefined
        ? said
        : { ...said, fields: fieldsOf(await stored.contract(), type) };
    },
    changes: async (...asked) => (await opened()).changes(...asked),
    list: async (...asked) => (await opened()).list(...asked),
    read: async (...asked) => (await opened()).read(...asked),
    write: async (...asked) => (await opened()).write(...asked),
    close: async () => http.close(),
  };
};

/** SOAP by a stored WSDL, by configuration alone. */
export const soap: Engine = { name: 'soap', schema: SoapPreset, connect, examine };
