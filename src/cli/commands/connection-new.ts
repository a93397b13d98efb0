import { type Command, Option } from 'commander';
import { TIME_FORMATS } from '../../../connectors/draft/times.ts';
import type { Flags } from '../connect/answers.ts';
import type { Io } from '../io.ts';
import { common, sessionOf } from '../session.ts';

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `tally connection new`. */
export const connectionNewCommand = (group: Command, io: Io): void => {
  common(group.command('new'))
    .argument('<name>', 'of the connection and of its connector’s folder')
    .description('write a connector for a system of your own, from a few answers and one reply')
    .option('--address <url>', 'base address of the system')
    .option('--system <name>', 'its name, for people')
    .option('--record <name>', 'what one record is called, as in Person')
    .addOption(
      new Option('--auth <kind>', 'how it knows us').choices([
        'none',
        'basic',
        'bearer',
        'api_key',
        'oauth2_client_credentials',
      ]),
    )
    .option('--header <name>', 'header of an api_key')
    .option('--token-path <path>', 'where OAuth tokens are given')
    .option('--setting <name=reference>', 'where a credential stands: env:NAME or file:/path', gathered, [])
    .option('--list <request>', 'request that lists records, as in "/v1/persons?limit=100"')
    .option('--sample <file>', 'its reply, or one of its files; without it the system is asked')
    .option('--rows <path>', 'where the rows stand in the reply')
    .option('--id <path>', 'where a row has its id')
    .option('--version-at <path>', 'where a row has its version; "none" for none')
    .option('--changed <path>', 'where a row has the time of its last change; "none" for none')
    .option('--reference <path>', 'where a row keeps our key; "none" for none')
    .option('--zone <zone>', 'zone of times that state none', 'UTC')
    .option('--since <parameters>', 'how to ask for changes, as in "modified_since={since}&sort=modified"')
    .addOption(
      new Option('--since-as <format>', 'how it wants to be told a time; without it, as its rows have it').choices(
        TIME_FORMATS,
      ),
    )
    .option('--empty <status>', 'status that means an empty list, as in 404', gathered, [])
    .option('--send <header>', 'header of every request, as in "Accept: application/json"; no secret', gathered, [])
    .option('--one <request>', 'request for one record, as in "/v1/persons/{id}"')
    .option('--find-by-key <request>', 'request that finds a record by our key, as in "/v1/persons?external_id={key}"')
    .option('--found-at <path>', 'where the list stands in the answer to --find-by-key, if not where --rows does')
    .option('--found-id <path>', 'where one of that list has its id, if it is no whole record')
    .option('--create <request>', 'as in "POST /v1/persons"')
    .option('--update <request>', 'as in "PATCH /v1/persons/{id}"')
    .option('--delete <request>', 'as in "DELETE /v1/persons/{id}"')
    .option('--if-match', 'an update states the version it expects, in If-Match')
    .option(
      '--wsdl <place>',
      'for SOAP: its WSDL, a file here or a path below the address, as in "/soap/partners?wsdl"',
    )
    .option('--endpoint <path>', 'for SOAP: where messages are taken, below the address')
    .option('--port <name>', 'for SOAP: which port of the WSDL, where it has several')
    .option('--whole', 'each file holds all records, so that whoever is missing in it is gone')
    .option('--yes', 'without asking')
    .action(async (name: string, flags: Flags, command: Command) => {
      // It brings all engines along, which no other command waits for.
      const { createConnection } = await import('../connect/create.ts');
      await createConnection(sessionOf(io, command), name, flags);
    });
};
