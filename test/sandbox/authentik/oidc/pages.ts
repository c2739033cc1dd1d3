/** What a browser sees of this Authentik. The ids and names of fields and buttons are for browser tests and stay as they are. */

const STYLE = `
body { font: 1rem/1.5 system-ui; margin: 0; padding: 12vh 1rem 1rem; color: #1a1a1a; background: #f3f4f6 }
main { max-width: 24rem; margin: auto; padding: 2rem; background: #fff; border-radius: .5rem; box-shadow: 0 .1rem .6rem #0002 }
h1 { margin: 0 0 .5rem; font-size: 1.5rem }
p { margin: 0 0 1.25rem }
label, input, button { display: block; width: 100%; box-sizing: border-box }
input, button { font: inherit; padding: .6rem; margin: .25rem 0 1rem; border: 1px solid #767676; border-radius: .25rem }
button { margin: 1.5rem 0 0; border: 0; color: #fff; background: #1f4e79; cursor: pointer }
[role=alert] { color: #a40000 }
footer { max-width: 24rem; margin: 1rem auto; text-align: center; color: #595959; font-size: .875rem }
`;

function page(title: string, body: string): string {
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

/** @param form - the library's own, which the button belongs to */
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

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
