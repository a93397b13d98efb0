/** Every workflow, by the name under which it is started. */
export { capture } from './capture.ts';
export { look } from './look.ts';
export { order } from './order.ts';
export { probe } from './probe.ts';
export { sync } from './sync.ts';
