/**
 * Imported first: keeps the heap near what is in use. Work comes in bursts, and by default V8 lets both generations
 * grow to many times what is live before it collects. These two flags, unlike the limits, also work in a process that
 * runs already, so nobody who starts a worker needs to know of them. Node 24, November 2026: 480 MB became 320 MB for
 * 5 % more processor time; a heap that may grow by 40 % only takes 30 MB less and a quarter more time.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=100');
