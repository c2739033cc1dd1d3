/**
 * Promise.all, but of several failures the first by place is thrown, not by time: of two permissions that are missing the same
 * one is told at every look, until somebody gives it.
 */
export async function inOrder<T extends readonly unknown[] | []>(
  looks: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(looks);
  return Promise.all(looks);
}
