/** A preset's record types in the words of the common machinery, which knows requests and replies but no protocol. */
import type { Assembled } from '../rest/assemble.ts';
import type { Listing, Reading, RecordType, Writing } from '../rest/schema.ts';
import { asRequest } from './messages.ts';
import type { SoapPreset, SoapRecordType } from './schema.ts';

const listed = <T extends SoapRecordType['list']>(listing: T): Omit<T, 'request'> & Listing => ({
  ...listing,
  request: asRequest(listing.request),
  empty_status: [],
});

type SoapReading = NonNullable<SoapRecordType['read']['by_id']>;
type SoapWriting = NonNullable<SoapRecordType['write']['create']>;
const read = (reading: SoapReading): Reading => ({ ...reading, request: asRequest(reading.request) });
const written = (writing: SoapWriting): Writing => ({ ...writing, request: asRequest(writing.request) });

const record = ({ list, changes, read: reading, write, ...rest }: SoapRecordType): RecordType => ({
  ...rest,
  list: listed(list),
  ...(changes === undefined ? {} : { changes: listed(changes) }),
  read: {
    ...(reading.by_id === undefined ? {} : { by_id: read(reading.by_id) }),
    ...(reading.by_key === undefined ? {} : { by_key: read(reading.by_key) }),
  },
  write: {
    max: write.max,
    ...(write.create === undefined ? {} : { create: written(write.create) }),
    ...(write.update === undefined ? {} : { update: written(write.update) }),
    ...(write.delete === undefined ? {} : { delete: written(write.delete) }),
  },
});

/** The part of a preset that is made into a connector. */
export const asAssembled = ({ system, check, records }: SoapPreset): Assembled => ({
  system,
  check: { ...check, request: asRequest(check.request) },
  records: Object.fromEntries(Object.entries(records).map(([name, type]) => [name, record(type)])),
});
