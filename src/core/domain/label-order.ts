/**
 * Labels that say where a container is reached, and who may enter without a login. They are read
 * before the other labels.
 */
const PLACES = /\.(hostname|path|access|enable)$/;

/** True if a label of this name is read first, whatever its prefix. */
export const saysWhere = (name: string): boolean => PLACES.test(name);
