/**
 * Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page.
 *
 * @param page - its path, for the error: `docs/authentik.md`
 * @throws if the page has no such markers
 */
export function filled(page: string, text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from === -1 || to < from) throw new Error(`${page} has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}
