/**
 * Follows the reader's colour scheme and fonts. A table on wide screens, a card for each route on
 * narrow ones.
 */
export const STYLE = `:root {
  color-scheme: light dark;
  --back: #f6f7f8; --sheet: #fff; --text: #1d2226; --dim: #596169; --line: #e3e6e9;
  --good: #18734a; --calm: #7a5200; --bad: #b3261e; --link: #1a57b0;
  --good-back: #e6f4ec; --calm-back: #fbf1dc; --bad-back: #fcebea; --note-back: #edf1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #131619; --sheet: #1b1f23; --text: #e5e8eb; --dim: #a0a8b0; --line: #2d3339;
    --good: #6fd3a0; --calm: #eebd62; --bad: #ff988f; --link: #8db9ff;
    --good-back: #17301f; --calm-back: #33290f; --bad-back: #3a1d1b; --note-back: #232a31;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 2rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
p { margin: 0; }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: center; justify-content: space-between; }
h1 { margin: 0; font-size: 1rem; font-weight: 650; }
.owner { color: var(--dim); font-weight: 400; }
.owner::before { content: "· "; }
.checks { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; font-size: .875rem; color: var(--dim); }
.checks li { display: inline-flex; align-items: center; gap: .35rem; min-height: 1.5rem; }
.checks a { color: inherit; }
.checks .ok [aria-hidden] { color: var(--good); }
.checks .unknown [aria-hidden] { color: var(--calm); }
.checks .failing, .checks .failing a { color: var(--bad); font-weight: 600; }
[role="status"] { margin: 1.25rem 0 1.25rem; font-size: 1.625rem; line-height: 1.25; font-weight: 600; letter-spacing: -.01em; }
[role="status"] .bad { color: var(--bad); }
.banner { margin: 0 0 .75rem; padding: .875rem 1rem; border-radius: .5rem; background: var(--note-back); overflow-wrap: anywhere; }
.banner.bad, .banner:has(> .error) { background: var(--bad-back); }
.banner:has(> .warning) { background: var(--calm-back); }
.banner.bad > p { font-weight: 600; }
.banner pre { margin: .625rem 0; padding: .75rem 1rem; border-radius: .375rem; background: var(--sheet); overflow-x: auto; white-space: pre-wrap; }
code { font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.problem + .problem, .banner > p + .problem { margin-top: .75rem; }
.fix { padding-left: 1.25rem; text-indent: -1.25rem; }
.small { font-size: .875rem; color: var(--dim); }
.small a, td a { display: inline-block; min-height: 1.5rem; }
#filter { margin: 0 0 .75rem; }
#filter input { width: 16rem; max-width: 100%; min-height: 2rem; margin-left: .5rem; padding: 0 .5rem; font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--dim); border-radius: .375rem; }
table { width: 100%; border-collapse: collapse; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
th, td { padding: .5rem .75rem; text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
tbody th, .who, .said td, .container { overflow-wrap: anywhere; }
thead th { padding-block: .625rem; font-size: .8125rem; color: var(--dim); white-space: nowrap; }
tbody { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; min-width: 15.5rem; }
.container { min-width: 12rem; }
tbody th a { display: inline-block; min-height: 1.5rem; color: inherit; text-decoration-color: var(--dim); }
.state { white-space: nowrap; font-weight: 600; }
.mark { display: inline-block; width: 1.375rem; height: 1.375rem; margin-right: .25rem; border-radius: 50%; text-align: center; line-height: 1.375rem; font-size: .8125rem; font-weight: 700; }
.live .state { color: var(--good); } .live .mark { background: var(--good-back); }
.waiting .state, .closing .state { color: var(--calm); } .waiting .mark, .closing .mark { background: var(--calm-back); }
.problem .state { color: var(--bad); } .problem .mark { background: var(--bad-back); }
.origin { display: block; font-size: .875rem; color: var(--dim); }
.nobody { color: var(--dim); }
.public { padding: .0625rem .4375rem; border-radius: .25rem; background: var(--calm-back); color: var(--calm); font-size: .8125rem; font-weight: 600; }
.since { color: var(--dim); white-space: nowrap; }
.links { font-size: .875rem; white-space: nowrap; }
.links a + a { margin-left: .75rem; }
.said td { padding: 0 1rem .875rem; }
.said td > * { padding-left: 1rem; border-left: 3px solid var(--line); }
.said .fix { padding-left: 1.25rem; }
tbody.problem .said td > * { border-color: var(--bad); }
tbody.waiting .said td > * { border-color: var(--calm); }
.said .problem + .problem { margin-top: 0; padding-top: .5rem; }
footer p { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin-top: 1.25rem; font-size: .875rem; color: var(--dim); }
footer a { display: inline-block; min-height: 1.5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 959px) {
  th, td { padding-inline: .5rem; }
  .since, .links { white-space: normal; }
  .links a { display: block; }
  .links a + a { margin: 0; }
  tbody th { min-width: 9rem; }
  .container { min-width: 8rem; }
}
@media (max-width: 719px) {
  body { padding: 1rem .75rem 1.5rem; }
  [role="status"] { font-size: 1.375rem; margin: 1rem 0; }
  table, tbody { display: block; }
  table { border: 0; background: none; overflow: visible; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody { margin-bottom: .625rem; padding: .625rem .875rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; }
  tbody tr { display: flex; flex-wrap: wrap; gap: .125rem .75rem; }
  th, td, tbody th, .container { padding: 0; min-width: 0; overflow-wrap: anywhere; }
  .state { order: 1; flex: 1; } .since { order: 2; font-size: .875rem; line-height: 1.75; }
  tbody th { order: 3; flex: 0 0 100%; }
  .who { order: 4; flex: 0 0 100%; } .container { order: 5; flex: 1 1 auto; font-size: .875rem; color: var(--dim); } .links { order: 6; } .links a { display: inline-block; } .links a + a { margin-left: .75rem; }
  .origin { display: inline; } .name + .origin::before { content: " → "; }
  .said td { flex: 1; padding: .5rem 0 .25rem; }
}
@media (prefers-reduced-motion: no-preference) { a { transition: text-decoration-thickness .1s; } }
@media print { body { max-width: none; } #filter { display: none; } }
`.replace(/^ +/gm, "");

/** A door that is slightly open. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>.f{fill:#1a57b0}.d{fill:#dbe8ff}@media(prefers-color-scheme:dark){.f{fill:#8db9ff}.d{fill:#16233a}}</style><rect class="f" x="5" y="2" width="22" height="28" rx="4"/><path class="d" d="M10 6h12v22H10z"/><path class="f" d="M14 8l8-2v22l-8-3z"/><circle class="d" cx="17" cy="17" r="1.6"/></svg>
`;
