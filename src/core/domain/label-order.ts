/** What says where a container is reached, and who may enter without a login, is read before its other labels. */
const PLACES = /\.(hostname|path|access|enable)$/;

/** Whether a label of this name is read first, by whatever prefix. */
export const saysWhere = (name: string): boolean => PLACES.test(name);
