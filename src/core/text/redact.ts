/** User name and password in a URL, in front of the host. */
const CREDENTIALS = /(\/\/)[^/@\s]+@/g;

/**
 * Any text that could be a person's e-mail address, including a mistyped one. A bare domain,
 * `@example.com`, does not match. A match starts only at the start of a word, so a long word is
 * searched once and not once per character.
 */
const ADDRESS = /(?<![^\s/<>"'`(),;:=\\…])[^\s/<>"'`(),;:=\\…]+@[^\s@/<>"'`(),;:\\]+/g;

/**
 * Removes e-mail addresses and server credentials from a text. Labels and names of policies may
 * contain them, and messages quote both.
 */
export const redactPersonalData = (text: string): string =>
  text.replace(CREDENTIALS, "$1…@").replace(ADDRESS, "(an e-mail address)");
