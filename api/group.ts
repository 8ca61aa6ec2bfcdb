/** The API group by itself: who needs no schema need not load one. */
export const group = 'ebb.dev';
export const version = 'v1alpha1';
