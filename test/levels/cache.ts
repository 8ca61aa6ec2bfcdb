/** Where the tests keep what is fetched or built once. */
export { cacheFolder } from '../../scripts/cache.ts';
