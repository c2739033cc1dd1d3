/** The edge's own pages: small, plain, and clearly not Cloudflare's. */

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly sentence: string;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A body with its own content type, instead of the page's HTML. */
  readonly body?: string;
  readonly type?: string;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export function html({ title, sentence, links = [] }: Page): string {
  const items = links.map(
    ({ href, text }) => `<li><a href="${escaped(href)}">${escaped(text)}</a></li>`,
  );
  const list = items.length > 0 ? `\n<ul>${items.join("")}</ul>` : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · sandbox</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
footer { margin-top: 3rem; color: #595959 }</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(sentence)}</p>${list}
</main>
<footer>sandbox edge, not Cloudflare</footer>
</body>
</html>
`;
}

export function redirect(location: string, headers: Page["headers"] = {}): Page {
  return {
    status: 302,
    title: "Found",
    sentence: "Go on.",
    links: [{ href: location, text: "Go on" }],
    headers: { ...headers, location },
  };
}

export const malformed: Page = {
  status: 400,
  title: "Bad request",
  sentence: "This is not a request that a server can read.",
};

export const noDns = (host: string): Page => ({
  status: 530,
  title: "1016 Origin DNS error",
  sentence: `No proxied record leads ${host} to a tunnel.`,
});

export const noTunnel = (host: string): Page => ({
  status: 530,
  title: "1033 Argo Tunnel error",
  sentence: `The record of ${host} leads to a tunnel that has no configuration.`,
});

export const noAccess: Page = {
  status: 403,
  title: "That account does not have access",
  sentence: "You are logged in, but no policy of this application lets you in.",
};

export const refused: Page = {
  status: 403,
  title: "Forbidden",
  sentence: "cloudflared wants an Access token of this application.",
};

export const badGateway = (why: string): Page => ({
  status: 502,
  title: "502 Bad gateway",
  sentence: why,
});

export const loginFailed = (why: string): Page => ({
  status: 400,
  title: "Login failed",
  sentence: why,
});
