/**
 * The page with what stands between `<!-- name -->` and `<!-- /name -->` made anew.
 *
 * @param page - for the error's sake: `docs/authentik.md`
 * @throws where the page has no such place
 */
export function filled(page: string, text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from === -1 || to < from) throw new Error(`${page} has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}
