/** Stands in for the koffi package in an image: its one binary lies beside libebb.so, and no loader looks for it. */
import { createRequire } from 'node:module';
import type koffi from 'koffi';

export default createRequire(import.meta.url)('../native/build/koffi.node') as typeof koffi;
