declare const ours: unique symbol;

/**
 * A remote object that carries our mark. Only the `observe` of a kind makes one, and every update and delete asks for one:
 * what is somebody else's cannot be handed to a write.
 */
export type Mine<T> = T & { readonly [ours]: true };

/** For `observe` alone, after it has read the mark. */
export const markOwned = <T>(value: T): Mine<T> => value as Mine<T>;
