/** What a mapping's page says of the values that are worked out of other records. */
import { SIDES } from '../domain/record.ts';
import type { MappingFile } from '../mapping/schema.ts';
import type { RollupFile } from '../mapping/schema-rollup.ts';
import { code, NAMES, row, where } from './page-words.ts';

const worked = ({ sum, latest, currency }: RollupFile): string => {
  if (latest !== undefined) return `the last ${code(latest)}`;
  if (sum === undefined) return 'how many there are';
  return `the sum of ${code(sum)}${currency === undefined ? '' : `, each ${code(currency)} by itself`}`;
};

const counted = ({ only, minus, within, in: currency }: RollupFile): string =>
  [
    ...(only === undefined ? [] : [`only those where ${where(only)}`]),
    ...(minus === undefined ? [] : [`less those where ${where(minus)}`]),
    ...(within === undefined
      ? []
      : within.months === undefined
        ? [
            `whose ${code(within.of)} is from ${code(within.from ?? '')} until ${code(within.until ?? '')} of the record`,
          ]
        : [`for ${within.months} months from ${code(within.of)} on, to the day (${within.zone})`]),
    ...(currency === undefined
      ? []
      : [`\`own\`: those in ${code(currency)} of the record; \`others\`: all other sums`]),
  ].join('; ');

/** The part of the page, or nothing. */
export const rollupsOf = ({ rollups }: Pick<MappingFile, 'rollups'>): readonly string[] => {
  const rows = SIDES.flatMap((side) =>
    Object.entries(rollups?.[side] ?? {}).map(([name, rollup]) =>
      row([
        code(`rollups.${name}`),
        NAMES[side],
        worked(rollup),
        `[${rollup.of}](${rollup.of}.md), by ${code(rollup.by)}${rollup.for === undefined ? '' : `, for ${code(rollup.for)}`}`,
        counted(rollup),
      ]),
    ),
  );
  if (rows.length === 0) return [];
  const said = 'These columns no system has: they are worked out of other records ([roll-ups](../feeds.md)).';
  const head = ['| column | at | what it is | of the records of | which count |', '| --- | --- | --- | --- | --- |'];
  return ['## Worked out', '', said, '', ...head, ...rows, ''];
};
