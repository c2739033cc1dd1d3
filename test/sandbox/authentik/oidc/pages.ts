/** The pages of this Authentik. Browser tests depend on the ids and names of fields and buttons. */

const STYLE = `
body { font: 1rem/1.5 system-ui; margin: 0; padding: 12vh 1rem 1rem; color: #1a1a1a; background: #f3f4f6 }
main { max-width: 24rem; margin: auto; padding: 2rem; background: #fff; border-radius: .5rem; box-shadow: 0 .1rem .6rem #0002 }
h1 { margin: 0 0 .5rem; font-size: 1.5rem }
p { margin: 0 0 1.25rem }
label, input, button { display: block; width: 100%; box-sizing: border-box }
input, button { font: inherit; padding: .6rem; margin: .25rem 0 1rem; border: 1px solid #767676; border-radius: .25rem }
button { margin: 1.5rem 0 0; border: 0; color: #fff; background: #1f4e79; cursor: pointer }
[role=alert] { color: #a40000 }
h2 { grid-column: 1 / -1; margin: .75rem 0 -.25rem; font-size: 1.1rem }
main:has(.tile) { max-width: 40rem }
section { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.tile { display: grid; grid-template-columns: 2.25rem 1fr; gap: 0 .75rem; align-content: center; min-height: 2.75rem; padding: .75rem;
  border: 1px solid #d5d9de; border-radius: .5rem; color: inherit; text-decoration: none }
.tile:hover, .tile:focus-visible { background: #f3f6fa; border-color: #1f4e79 }
.tile img, .tile:not(:has(img))::before { grid-row: span 2; align-self: center; width: 2.25rem; height: 2.25rem; object-fit: contain }
.tile:not(:has(img))::before { content: ""; border-radius: .4rem; background: linear-gradient(135deg, #1f4e79, #5b8fc0) }
.tile .name { align-self: end; font-weight: 600 }
.tile .name:last-child { grid-row: span 2; align-self: center }
.tile .description { color: #595959; font-size: .875rem; line-height: 1.3 }
.tile .name, .tile .description { grid-column: 2 }
footer { max-width: 24rem; margin: 1rem auto; text-align: center; color: #595959; font-size: .875rem }
`;

/** @param body - HTML */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>authentik (sandbox) – ${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>${body}</main><footer>sandbox, not authentik</footer></body>
</html>`;
}

export function loginPage(application: string, fault?: string): string {
  const alert = fault === undefined ? "" : `<p role="alert">${escaped(fault)}</p>`;
  return page(
    "log in",
    `<h1>Welcome to authentik!</h1>
<p>Log in to continue to ${escaped(application)}.</p>${alert}
<form id="login" method="post">
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button id="log-in" name="log-in" value="yes">Log in</button>
</form>`,
  );
}

export function consentPage(application: string, permissions: readonly string[]): string {
  const list = permissions.map((permission) => `<li>${escaped(permission)}</li>`).join("");
  return page(
    "consent",
    `<h1>Redirecting to ${escaped(application)}</h1>
<p>You're about to sign into ${escaped(application)}.</p>
<p>Application requires following permissions:</p><ul>${list}</ul>
<form id="consent" method="post"><button id="continue" name="continue" value="yes" autofocus>Continue</button></form>`,
  );
}

/** @param form - the library's own form, which the button submits */
export function logoutPage(form: string): string {
  return page(
    "log out",
    `<h1>Log out</h1><p>Do you want to log out of authentik?</p>${form}
<button id="log-out" name="logout" value="yes" form="op.logoutForm">Log out</button>`,
  );
}

export function loggedOutPage(): string {
  return page("logged out", "<h1>You've logged out</h1><p>You can close this page.</p>");
}

const REFUSALS: Readonly<Record<string, readonly [title: string, sentence: string]>> = {
  access_denied: ["Permission denied", "Request has been denied."],
  invalid_redirect_uri: [
    "Redirect URI Error",
    "The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri).",
  ],
  invalid_client: ["Client ID Error", "The client identifier (client_id) is missing or invalid."],
};

/** @param error - an OAuth error code */
export function refusalPage(error: string): string {
  const [title, sentence] = REFUSALS[error] ?? ["Bad Request", error];
  return page(title, `<h1>${escaped(title)}</h1><p>${escaped(sentence)}</p>`);
}

export function messagePage(title: string, sentence: string): string {
  return page(title, `<h1>${escaped(title)}</h1><p>${escaped(sentence)}</p>`);
}

/** Escapes text for HTML and for attributes in either kind of quotes. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
