/** The ways of writing a time that an interview may name. Apart, so that the command line knows them without the engines. */
export { TIME_FORMATS, type TimeFormat } from '../rest/time.ts';
