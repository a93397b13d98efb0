/**
 * Units of measure: a table of UN/ECE Recommendation 20 (Revision 17, 2021) with what trade and production use, and
 * packagings of Recommendation 21, which stand behind an X. Systems have words of their own for them (`ST`, `PC`,
 * `Unit`), some of which are other units here; a lookup table translates them.
 */

const table = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf(' ');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );

/** Units of Rec 20 by code, with their names. */
export const UNITS = table(`
C62 one
EA each
H87 piece
PR pair
SET set
DZN dozen
GRO gross
CEN hundred
MIL thousand
NMP number of packs
P1 percent
MC microgram
MGM milligram
GRM gram
DTN decitonne
KGM kilogram
TNE tonne
LBR pound
ONZ ounce
APZ troy ounce
STN ton (US), short
LTN ton (UK), long
MMT millimetre
CMT centimetre
DMT decimetre
MTR metre
KMT kilometre
INH inch
FOT foot
YRD yard
SMI mile
NMI nautical mile
LM linear metre
MMK square millimetre
CMK square centimetre
DMK square decimetre
MTK square metre
KMK square kilometre
HAR hectare
INK square inch
FTK square foot
YDK square yard
ACR acre
MMQ cubic millimetre
CMQ cubic centimetre
DMQ cubic decimetre
MTQ cubic metre
INQ cubic inch
FTQ cubic foot
YDQ cubic yard
MLT millilitre
CLT centilitre
DLT decilitre
LTR litre
HLT hectolitre
GLL gallon (US)
GLI gallon (UK)
BLL barrel (US)
OZA fluid ounce (US)
OZI fluid ounce (UK)
PTI pint (UK)
PT pint (US)
QT quart (US)
SEC second
MIN minute
HUR hour
DAY day
WEE week
MON month
QAN quarter (of a year)
SAN half year
ANN year
LH labour hour
WTT watt
KWT kilowatt
MAW megawatt
KVA kilovolt-ampere
WHR watt hour
KWH kilowatt hour
MWH megawatt hour
JOU joule
KJO kilojoule
GV gigajoule
VLT volt
KVT kilovolt
AMP ampere
HTZ hertz
OHM ohm
PAL pascal
KPA kilopascal
BAR bar
NEW newton
CEL degree Celsius
KEL kelvin
FAH degree Fahrenheit
KMH kilometre per hour
MTS metre per second
MQH cubic metre per hour
E34 gigabyte
4L megabyte
AD byte
E48 service unit
E49 working day
LS lump sum
ZZ mutually defined
`);

/** A code of the table, or a packaging of Rec 21: X and the two or three characters of its code. */
export const isUnit = (code: string): boolean => UNITS.has(code) || /^X[A-Z0-9]{2}$/.test(code);
