/** Who is allowed to log in to a server, in front of its name. */
const CREDENTIALS = /(\/\/)[^/@\s]+@/g;

/**
 * Any text that could be a person's address, also a mistyped one. A domain alone, `@example.com`, is none. It begins only where
 * a word begins, so that a long word is searched once and not once from each of its characters.
 */
const ADDRESS = /(?<![^\s/<>"'`(),;:=\\…])[^\s/<>"'`(),;:=\\…]+@[^\s@/<>"'`(),;:\\]+/g;

/** The same text without e-mail addresses and passwords of servers: labels have them, names of policies too, and messages quote both. */
export const redactPersonalData = (text: string): string =>
  text.replace(CREDENTIALS, "$1…@").replace(ADDRESS, "(an e-mail address)");
